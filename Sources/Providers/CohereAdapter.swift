import Domain
import JSON
import Outbound

/// Cohere's API, version 2 for chat. Shapes are those of the vendor's SDK 7.3.1.
struct CohereAdapter: LanguageWire {
    let slug = "cohere"
    let displayName = "Cohere"
    let vendorEndpoint: String? = "https://api.cohere.com"

    func access(_ credential: Credentials, _ endpoint: ProviderEndpoint) throws(Failure) -> VendorAccess {
        try access(withKey: credential, endpoint) { [("Authorization", "Bearer " + $0.exposeText())] }
    }

    /// The call succeeds for a bad key too: what counts is `valid`.
    func prove(_ call: VendorCall) throws(Failure) {
        let isValid = try call.succeed(.post("/v1/check-api-key") { _ in }) { answer throws(AnswerProblem) in
            try answer.require("valid", \.bool)
        }
        guard isValid else { throw .upstream(.of(.refusedCredential, displayName, status: 200)) }
    }

    func chatCall(_ settings: ChatSettings, _ message: String) -> WireRequest {
        .post("/v2/chat") { json in
            json.field("model", settings.model)
            json.field("messages", userMessage: message)
            json.field("stream", false)
            json.fieldIfPresent("max_tokens", settings.maxTokens)
            json.fieldIfPresent("temperature", settings.temperature)
            // The range is 0.01 to 0.99; 1, which is the same as no limit, is left out.
            if let topP = settings.topP, WireNumber(topP) < WireNumber(grammatical: "1") {
                json.field("p", clamped: topP, "0.01", "0.99")
            }
            Self.writePenalty(of: settings, to: &json)
        }
    }

    /// The range is 0 to 1, 0 is the default, and some models refuse the two together.
    private static func writePenalty(of settings: ChatSettings, to json: inout JSONWriter) {
        let zero = WireNumber(grammatical: "0")
        if let penalty = settings.frequencyPenalty, zero < WireNumber(penalty) {
            json.field("frequency_penalty", clamped: penalty, "0", "1")
        } else if let penalty = settings.presencePenalty, zero < WireNumber(penalty) {
            json.field("presence_penalty", clamped: penalty, "0", "1")
        }
    }

    /// `billed_units` is what costs; `tokens` counts the vendor's own preamble too. No model is reported.
    func reply(_ answer: JSONValue, requested: String) throws(AnswerProblem) -> ChatReply {
        let message = try answer.require("message", \.objectItself)
        var content = ""
        for block in message["content"]?.array ?? [] where block["type"]?.string == "text" {
            content += try block.require("text", \.string)
        }
        let usage = try answer.require("usage", \.objectItself)
        let billed = try usage.require("billed_units", \.objectItself)
        let prompt = try billed.tokens("input_tokens")
        return ChatReply(
            content: content, model: answer.model("model", requested: requested),
            usage: try .checked(
                prompt: prompt, cached: min(try usage.tokensIfPresent("cached_tokens"), prompt),
                completion: try billed.tokens("output_tokens")))
    }

    /// The body is a flat `message`, so that the status says nearly everything.
    func vendorError(in answer: ProviderAnswer) -> VendorError {
        let message = VendorMessage(answer.json?["message"])
        // A trial key has a monthly number of calls; only a paid key helps, not waiting.
        let isSpent = answer.status == 429 && message.contains("/ month", "per month", "/month", "a month")
        let isAboutMoney = isSpent || (400..<500 ~= answer.status && message.isAboutMoney)
        let isUnsupported = answer.status == 400 || answer.status == 422
        return VendorError(
            kind: isAboutMoney ? .outOfMoney : nil,
            refusedParameters: isUnsupported ? message.refused(Self.wireNames) : [])
    }

    private static let wireNames: [(ChatParameter, [String])] = [
        (.temperature, ["temperature"]), (.topP, ["'p'", "`p`", "\"p\""]),
        (.frequencyPenalty, ["frequency_penalty"]), (.presencePenalty, ["presence_penalty"]),
    ]
}
