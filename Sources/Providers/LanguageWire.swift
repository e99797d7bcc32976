import Domain
import JSON
import Outbound

/// How one vendor of language models spells questions and answers.
protocol LanguageWire: VendorWire, LanguageAdapter {
    /// The question in the vendor's words, with the settings that are not nil.
    func chatCall(_ settings: ChatSettings, _ message: String) -> WireRequest

    /// The answer in our words.
    func reply(_ answer: JSONValue, requested: String) throws(AnswerProblem) -> ChatReply
}

extension LanguageWire {
    func chat(
        _ request: ChatRequest, _ credential: Credentials, at endpoint: ProviderEndpoint, with client: HTTPClient
    ) throws(Failure) -> ChatReply {
        let call = VendorCall(self, try access(credential, endpoint), endpoint, client)
        var settings = request.settings.without(
            request.unsupportedParameters.compactMap { ChatParameter(rawValue: $0) })
        var retries = 0
        while true {
            let answer = try call.send(chatCall(settings, request.message))
            if answer.isSuccess {
                return try call.read(answer) { json throws(AnswerProblem) in
                    try reply(json, requested: settings.model)
                }
            }
            let refused = vendorError(in: answer).refusedParameters.first { settings.has($0) }
            guard let refused, retries < 2 else { throw call.failure(answer, refusing: refused) }
            settings = settings.without([refused])
            retries += 1
        }
    }
}
