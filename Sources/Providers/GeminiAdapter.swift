import Domain
import JSON
import Outbound

/// Google's Gemini Developer API, generateContent with a key.
struct GeminiAdapter: LanguageWire {
    let slug = "gemini"
    let displayName = "Gemini"
    let vendorEndpoint: String? = "https://generativelanguage.googleapis.com"

    /// The key could also travel in the query, where it would end up in logs.
    func access(_ credential: Credentials, _ endpoint: ProviderEndpoint) throws(Failure) -> VendorAccess {
        try access(withKey: credential, endpoint) { [("x-goog-api-key", $0.exposeText())] }
    }

    func prove(_ call: VendorCall) throws(Failure) {
        try call.succeed(.get("/v1beta/models?pageSize=1")) { answer throws(AnswerProblem) in
            guard let models = answer["models"]?.array, !models.isEmpty,
                models.allSatisfy({ $0["name"]?.string?.hasPrefix("models/") == true })
            else { throw .unexpectedShape }
        }
    }

    func chatCall(_ settings: ChatSettings, _ message: String) -> WireRequest {
        .post(Self.generateContent(settings.model)) { json in
            json.key("contents")
            json.array([message]) { json, message in
                json.object {
                    $0.field("role", "user")
                    $0.key("parts")
                    $0.array([message]) { json, text in json.object { $0.field("text", text) } }
                }
            }
            guard ChatParameter.allCases.contains(where: settings.has) else { return }
            json.field("generationConfig") { json in
                json.fieldIfPresent("temperature", settings.temperature)
                json.fieldIfPresent("topP", settings.topP)
                json.fieldIfPresent("maxOutputTokens", settings.maxTokens)
                json.fieldIfPresent("frequencyPenalty", settings.frequencyPenalty)
                json.fieldIfPresent("presencePenalty", settings.presencePenalty)
            }
        }
    }

    /// A blocked prompt is a 200 without candidates. Thoughts are billed as output; zero counts are left out.
    func reply(_ answer: JSONValue, requested: String) throws(AnswerProblem) -> ChatReply {
        guard let candidate = answer["candidates"]?[0] else {
            throw answer["promptFeedback"]?["blockReason"]?.string == nil ? .unexpectedShape : .blockedPrompt
        }
        guard candidate.object != nil else { throw .unexpectedShape }
        let spoken = (candidate["content"]?["parts"]?.array ?? []).filter { $0["thought"]?.bool != true }
        let usage = try answer.require("usageMetadata", \.objectItself)
        let prompt = try usage.tokens("promptTokenCount") + usage.tokensIfPresent("toolUsePromptTokenCount")
        let completion = try usage.tokensIfPresent("candidatesTokenCount") + usage.tokensIfPresent("thoughtsTokenCount")
        return ChatReply(
            content: spoken.compactMap { $0["text"]?.string }.joined(),
            model: Self.bareName(answer.model("modelVersion", requested: requested)),
            usage: try .checked(
                prompt: prompt, cached: try usage.tokensIfPresent("cachedContentTokenCount"), completion: completion))
    }

    /// The vendor's SDK also unwraps an error that comes as the only element of an array.
    func vendorError(in answer: ProviderAnswer) -> VendorError {
        let error = answer.json?["error"] ?? answer.json?[0]?["error"]
        let details = error?["details"]?.array ?? []
        let message = VendorMessage(error?["message"])
        let violations = details.flatMap { $0["violations"]?.array ?? [] }
        let reasons = details.compactMap { $0["reason"]?.string }
        let kind = Self.kind(error?["status"]?.string, reasons, message, answer.status)
        let mayBeParameter = answer.status == 400 && (kind == nil || kind == .badRequest)
        return VendorError(
            kind: kind,
            retryAfter: details.lazy.compactMap { $0["retryDelay"]?.string }.first
                .flatMap(RetryAfter.read(duration:)),
            // The delay that comes with a daily quota is seconds, and the quota is back tomorrow.
            waitingIsUseless: violations.contains { VendorMessage($0["quotaId"]).contains("perday") },
            refusedParameters: mayBeParameter ? message.refused(Self.wireNames) : [])
    }

    /// A bad key is 400 like any wrong field; only the reason in the details tells.
    private static func kind(
        _ status: String?, _ reasons: [String], _ message: VendorMessage, _ code: Int
    ) -> UpstreamFailure.Kind? {
        if code >= 500 { return nil }
        if code == 402 || message.isAboutMoney || reasons.contains("BILLING_DISABLED") { return .outOfMoney }
        let isKeyRefused =
            reasons.contains("API_KEY_INVALID") || message.contains("api key not valid", "api key expired")
        return isKeyRefused ? .invalidCredential : status.flatMap { kinds[$0] }
    }

    private static let kinds: [String: UpstreamFailure.Kind] = [
        "UNAUTHENTICATED": .invalidCredential, "PERMISSION_DENIED": .forbidden, "FAILED_PRECONDITION": .forbidden,
        "NOT_FOUND": .gone, "RESOURCE_EXHAUSTED": .rateLimited, "INVALID_ARGUMENT": .badRequest,
    ]

    private static let wireNames: [(ChatParameter, [String])] = [
        (.temperature, ["temperature"]), (.topP, ["topP", "top_p"]),
        (.frequencyPenalty, ["frequencyPenalty", "frequency_penalty", "penalty is not enabled"]),
        (.presencePenalty, ["presencePenalty", "presence_penalty", "penalty is not enabled"]),
    ]

    /// The method's path for a model, whose name cannot reach beyond its place in it.
    static func generateContent(_ model: String) -> String { "/v1beta/models/\(pathSegment(model)):generateContent" }

    private static func bareName(_ model: String) -> String {
        model.hasPrefix("models/") ? String(model.dropFirst("models/".count)) : model
    }

    private static func pathSegment(_ model: String) -> String {
        var segment = ""
        for octet in bareName(model).utf8 {
            switch octet {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                segment.unicodeScalars.append(Unicode.Scalar(octet))
            default:
                segment += octet < 16 ? "%0" : "%"
                segment += String(octet, radix: 16, uppercase: true)
            }
        }
        return segment
    }
}
