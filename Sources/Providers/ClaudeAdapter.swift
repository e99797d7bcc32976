import Domain
import JSON
import Outbound

/// Anthropic's Messages API at version 2023-06-01, the last one that takes sampling parameters at all.
struct ClaudeAdapter: LanguageWire {
    let slug = "claude"
    let displayName = "Claude"
    let vendorEndpoint: String? = "https://api.anthropic.com"

    /// The vendor requires a limit; this one serves when the caller names none.
    private static let defaultMaxTokens = 1_024

    func access(_ credential: Credentials, _ endpoint: ProviderEndpoint) throws(Failure) -> VendorAccess {
        try access(withKey: credential, endpoint) {
            [("x-api-key", $0.exposeText()), ("anthropic-version", "2023-06-01")]
        }
    }

    func prove(_ call: VendorCall) throws(Failure) {
        try call.succeed(.get("/v1/models?limit=1")) { answer throws(AnswerProblem) in
            guard answer["has_more"]?.bool != nil, let models = answer["data"]?.array,
                models.allSatisfy({ $0["id"]?.string != nil && $0["type"]?.string == "model" })
            else { throw .unexpectedShape }
        }
    }

    /// Temperature goes to 1, and models refuse it together with `top_p`. There are no penalties.
    func chatCall(_ settings: ChatSettings, _ message: String) -> WireRequest {
        .post("/v1/messages") { json in
            json.field("model", settings.model)
            json.field("max_tokens", settings.maxTokens ?? Self.defaultMaxTokens)
            json.field("messages", userMessage: message)
            if let temperature = settings.temperature {
                json.field("temperature", clamped: temperature, "0", "1")
            } else if let topP = settings.topP {
                json.field("top_p", clamped: topP, "0", "1")
            }
        }
    }

    /// `input_tokens` leaves the cache out, so that all prompt tokens are the sum of three counts.
    func reply(_ answer: JSONValue, requested: String) throws(AnswerProblem) -> ChatReply {
        guard answer["type"]?.string == "message", let blocks = answer["content"]?.array else {
            throw .unexpectedShape
        }
        var content = ""
        for block in blocks where block["type"]?.string == "text" {
            content += try block.require("text", \.string)
        }
        let usage = try answer.require("usage", \.objectItself)
        let cached = try usage.tokensIfPresent("cache_read_input_tokens")
        let cacheWrite = try usage.tokensIfPresent("cache_creation_input_tokens")
        return ChatReply(
            content: content, model: answer.model("model", requested: requested),
            usage: try .checked(
                prompt: try usage.tokens("input_tokens") + cached + cacheWrite, cached: cached,
                cacheWrite: cacheWrite, completion: try usage.tokens("output_tokens")))
    }

    func vendorError(in answer: ProviderAnswer) -> VendorError {
        let error = answer.json?["error"]
        let message = VendorMessage(error?["message"])
        let code = error?["details"]?["error_code"]?.string
        let isAboutMoney =
            code == "enforced_spend_limit_reached" || code == "contract_spend_limit_reached"
            || (400..<500 ~= answer.status && message.isAboutMoney)
        let kind = isAboutMoney ? .outOfMoney : error?["type"]?.string.flatMap { Self.kinds[$0] }
        let mayBeParameter = answer.status == 400 && kind == nil
        return VendorError(kind: kind, refusedParameters: mayBeParameter ? message.refused(Self.wireNames) : [])
    }

    private static let kinds: [String: UpstreamFailure.Kind] = [
        "authentication_error": .invalidCredential, "permission_error": .forbidden, "billing_error": .outOfMoney,
        "not_found_error": .gone, "rate_limit_error": .rateLimited, "overloaded_error": .overloaded,
        "api_error": .overloaded, "timeout_error": .overloaded, "request_too_large": .badRequest,
    ]

    private static let wireNames: [(ChatParameter, [String])] = [
        (.temperature, ["temperature"]), (.topP, ["top_p"]),
    ]
}
