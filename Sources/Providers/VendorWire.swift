import Domain
import JSON
import Outbound

/// How one vendor spells requests and answers. The flow around it is the same for all: see `chat` and `validate` below.
protocol VendorWire: LanguageAdapter {
    /// Where requests go and with which headers the vendor knows who asks.
    func access(_ credential: Credentials, _ endpoint: ProviderEndpoint) throws(Failure) -> VendorAccess

    /// Makes the calls that prove a credential; returns when all of them had the vendor's success shape.
    func prove(_ call: VendorCall) throws(Failure)

    /// The question in the vendor's words, with the settings that are not nil.
    func chatCall(_ settings: ChatSettings, _ message: String) -> WireRequest

    /// The answer in our words.
    func reply(_ answer: JSONValue, requested: String) throws(AnswerProblem) -> ChatReply

    /// What the body of an answer that is not a success says beyond its status.
    func vendorError(in answer: ProviderAnswer) -> VendorError
}

/// A base URL and the headers of every request to it.
struct VendorAccess {
    let base: HTTPURL
    let headers: [(String, String)]
}

/// One request, relative to the base URL.
struct WireRequest {
    let method: String
    /// With a query where there is one; every octet is legal in a URL.
    let target: String
    let body: [UInt8]

    static func get(_ target: String) -> WireRequest { WireRequest(method: "GET", target: target, body: []) }

    static func post(_ target: String, _ body: (inout JSONWriter) -> Void) -> WireRequest {
        WireRequest(method: "POST", target: target, body: JSONWriter.object(body))
    }
}

/// Why an answer with status 200 is not an answer.
enum AnswerProblem: Error, Equatable {
    /// It is not what the vendor documents.
    case unexpectedShape
    /// The credential was checked and is refused, though the request succeeded.
    case refusedCredential
    /// The provider would not let the model see the prompt.
    case blockedPrompt
}

extension VendorWire {
    func validate(_ credential: Credentials, at endpoint: ProviderEndpoint, with client: HTTPClient) throws(Failure) {
        try prove(VendorCall(self, try access(credential, endpoint), endpoint, client))
    }

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

    /// The headers that carry a key, for vendors that have keys.
    func access(
        withKey credential: Credentials, _ endpoint: ProviderEndpoint, _ headers: (Secret) -> [(String, String)]
    ) throws(Failure) -> VendorAccess {
        guard case .apiKey(let key) = credential else { throw .defect("\(displayName) needs an API key") }
        return VendorAccess(base: endpoint.url, headers: headers(key))
    }
}
