import Domain
import JSON
import Outbound

/// A server of models that the owner runs. There is no key; reaching it is all there is to prove.
struct OllamaAdapter: LanguageWire {
    let slug = "ollama"
    let displayName = "Ollama"
    let vendorEndpoint: String? = nil

    /// Owners give the address with and without `/api`; the paths below bring their own.
    func access(_ credential: Credentials, _ endpoint: ProviderEndpoint) throws(Failure) -> VendorAccess {
        guard case .baseURL(let url) = credential else { throw .defect("Ollama needs a base URL") }
        var path = url.path
        while path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
        if path.hasSuffix("/api") { path.removeLast("/api".count) }
        do throws(URLProblem) {
            return VendorAccess(base: try HTTPURL(url.origin + path), headers: [])
        } catch {
            throw .defect("no URL can be made for Ollama: \(error.reason)")
        }
    }

    func prove(_ call: VendorCall) throws(Failure) {
        try call.succeed(.get("/api/version")) { answer throws(AnswerProblem) in
            guard try !answer.require("version", \.string).isEmpty else { throw .unexpectedShape }
        }
        try call.succeed(.get("/api/tags")) { answer throws(AnswerProblem) in
            guard try answer.require("models", \.array).allSatisfy({ $0["name"]?.string != nil }) else {
                throw .unexpectedShape
            }
        }
    }

    /// Streaming is the default, so it is always said. Everything but the model belongs into `options`.
    func chatCall(_ settings: ChatSettings, _ message: String) -> WireRequest {
        .post("/api/chat") { json in
            json.field("model", settings.model)
            json.field("messages", userMessage: message)
            json.field("stream", false)
            guard ChatParameter.allCases.contains(where: settings.has) else { return }
            json.field("options") { json in
                json.fieldIfPresent("temperature", settings.temperature)
                json.fieldIfPresent("top_p", settings.topP)
                json.fieldIfPresent("num_predict", settings.maxTokens)
                json.fieldIfPresent("frequency_penalty", settings.frequencyPenalty)
                json.fieldIfPresent("presence_penalty", settings.presencePenalty)
            }
        }
    }

    /// A count of zero is left out by the server.
    func reply(_ answer: JSONValue, requested: String) throws(AnswerProblem) -> ChatReply {
        guard answer["done"]?.bool == true, let message = answer["message"] else { throw .unexpectedShape }
        return ChatReply(
            content: try message.require("content", \.string), model: answer.model("model", requested: requested),
            usage: TokenUsage(
                promptTokens: try answer.tokensIfPresent("prompt_eval_count"),
                completionTokens: try answer.tokensIfPresent("eval_count")))
    }

    /// 401 is about a model that runs in the vendor's cloud and wants its owner signed in; no credential of ours is bad.
    func vendorError(in answer: ProviderAnswer) -> VendorError {
        let message = VendorMessage(answer.json?["error"])
        return VendorError(
            kind: answer.status == 401 ? .forbidden : nil,
            refusedParameters: answer.status == 400 ? message.refused(Self.wireNames) : [])
    }

    private static let wireNames: [(ChatParameter, [String])] = [
        (.temperature, ["temperature"]), (.topP, ["top_p"]), (.frequencyPenalty, ["frequency_penalty"]),
        (.presencePenalty, ["presence_penalty"]),
    ]
}
