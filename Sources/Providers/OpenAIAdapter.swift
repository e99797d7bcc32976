import Domain
import JSON
import Outbound

/// OpenAI's chat completions. Shapes and codes are those of the vendor's SDK 3.52.0 and its error guide.
struct OpenAIAdapter: LanguageWire {
    let slug = "openai"
    let displayName = "OpenAI"
    let vendorEndpoint: String? = "https://api.openai.com/v1"

    func access(_ credential: Credentials, _ endpoint: ProviderEndpoint) throws(Failure) -> VendorAccess {
        try access(withKey: credential, endpoint) { [("Authorization", "Bearer " + $0.exposeText())] }
    }

    func prove(_ call: VendorCall) throws(Failure) {
        try call.succeed(.get("/models")) { answer throws(AnswerProblem) in
            guard answer["object"]?.string == "list", let models = answer["data"]?.array,
                models.allSatisfy({ $0["id"]?.string != nil && $0["object"]?.string == "model" })
            else { throw .unexpectedShape }
        }
    }

    /// `max_completion_tokens`: every listed model takes it, reasoning models refuse the older `max_tokens`.
    func chatCall(_ settings: ChatSettings, _ message: String) -> WireRequest {
        .post("/chat/completions") { json in
            json.field("model", settings.model)
            json.field("messages", userMessage: message)
            json.fieldIfPresent("max_completion_tokens", settings.maxTokens)
            json.fieldIfPresent("temperature", settings.temperature)
            json.fieldIfPresent("top_p", settings.topP)
            json.fieldIfPresent("frequency_penalty", settings.frequencyPenalty)
            json.fieldIfPresent("presence_penalty", settings.presencePenalty)
        }
    }

    /// A refusal is an answer: it was made and billed. Cached and reasoning tokens are inside the two sums.
    func reply(_ answer: JSONValue, requested: String) throws(AnswerProblem) -> ChatReply {
        guard answer["object"]?.string == "chat.completion",
            let message = answer["choices"]?[0]?["message"], message.object != nil
        else { throw .unexpectedShape }
        let content = message["content"] ?? .null
        guard content.isNull || content.string != nil else { throw .unexpectedShape }
        let usage = try answer.require("usage", \.objectItself)
        let details = usage["prompt_tokens_details"] ?? .null
        return ChatReply(
            content: content.string ?? message["refusal"]?.string ?? "",
            model: answer.model("model", requested: requested),
            usage: try .checked(
                prompt: try usage.tokens("prompt_tokens"), cached: try details.tokensIfPresent("cached_tokens"),
                cacheWrite: try details.tokensIfPresent("cache_write_tokens"),
                completion: try usage.tokens("completion_tokens")))
    }

    func vendorError(in answer: ProviderAnswer) -> VendorError {
        let error = answer.json?["error"]
        let codes = [error?["code"]?.string, error?["type"]?.string].compactMap(\.self)
        let message = VendorMessage(error?["message"])
        return VendorError(
            kind: Self.kind(codes, message, answer.status),
            refusedParameters: answer.status == 400 ? Self.refused(error, codes, message) : [])
    }

    /// Having no credit comes as 429 like a rate limit, and only the code tells them apart.
    private static func kind(_ codes: [String], _ message: VendorMessage, _ status: Int) -> UpstreamFailure.Kind? {
        if codes.contains(where: moneyCodes.contains) { return .outOfMoney }
        if let kind = codes.lazy.compactMap({ kinds[$0] }).first { return kind }
        // Documented without codes: the key is good, its organisation, address or scope is not.
        let isAboutScope = message.contains(
            "member of an organization", "ip not authorized", "insufficient permissions", "missing scopes")
        return status == 401 && isAboutScope ? .forbidden : nil
    }

    private static let moneyCodes: Set<String> = [
        "insufficient_quota", "credit_balance_exhausted", "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded", "organization_usage_limit_exceeded", "billing_hard_limit_reached",
        "billing_not_active",
    ]

    private static let kinds: [String: UpstreamFailure.Kind] = [
        "invalid_api_key": .invalidCredential, "model_not_found": .gone,
        "rate_limit_exceeded": .rateLimited, "slow_down": .rateLimited, "rate_limit_error": .rateLimited,
        "server_is_overloaded": .overloaded, "service_unavailable_error": .overloaded,
    ]

    private static func refused(
        _ error: JSONValue?, _ codes: [String], _ message: VendorMessage
    ) -> [ChatParameter] {
        guard codes.contains("unsupported_parameter") || codes.contains("unsupported_value") else { return [] }
        guard let name = error?["param"]?.string else { return message.refused(wireNames) }
        return wireNames.filter { $0.1.contains(name) }.map(\.0)
    }

    private static let wireNames: [(ChatParameter, [String])] = [
        (.temperature, ["temperature"]), (.topP, ["top_p"]), (.frequencyPenalty, ["frequency_penalty"]),
        (.presencePenalty, ["presence_penalty"]), (.maxTokens, ["max_completion_tokens"]),
    ]
}
