import Domain
import JSON
import Outbound

/// How one vendor spells requests and answers. The flow around it is the same for all: see `validate` below, and `chat`
/// in `LanguageWire`.
protocol VendorWire: ProviderAdapter {
    /// Where requests go and with which headers the vendor knows who asks.
    func access(_ credential: Credentials, _ endpoint: ProviderEndpoint) throws(Failure) -> VendorAccess

    /// Makes the calls that prove a credential; returns when all of them had the vendor's success shape.
    func prove(_ call: VendorCall) throws(Failure)

    /// Whether the provider did what it was asked to. By the status, unless a vendor hides errors behind 200.
    func isSuccess(_ answer: ProviderAnswer) -> Bool

    /// What the body of an answer that is not a success says beyond its status.
    func vendorError(in answer: ProviderAnswer) -> VendorError
}

/// A base URL and the headers of every request to it.
struct VendorAccess {
    let base: HTTPURL
    let headers: [(String, String)]
}

/// One request, relative to a base URL.
struct WireRequest {
    let method: String
    /// With a query where there is one; every octet is legal in a URL.
    let target: String
    let body: [UInt8]
    /// Where it goes when that is not the base URL that comes with the headers.
    var base: HTTPURL?

    static func get(_ target: String) -> WireRequest { WireRequest(method: "GET", target: target, body: []) }

    static func post(_ target: String, _ body: (inout JSONWriter) -> Void) -> WireRequest {
        WireRequest(method: "POST", target: target, body: JSONWriter.object(body))
    }

    /// The same request to another base URL.
    func below(_ base: HTTPURL) -> WireRequest {
        var copy = self
        copy.base = base
        return copy
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
    /// The request succeeded only to say that there is no such job.
    case unknownJob
}

extension VendorWire {
    func isSuccess(_ answer: ProviderAnswer) -> Bool { answer.isSuccess }

    func validate(_ credential: Credentials, at endpoint: ProviderEndpoint, with client: HTTPClient) throws(Failure) {
        try prove(VendorCall(self, try access(credential, endpoint), endpoint, client))
    }

    /// The headers of every request, for vendors that have keys: the one that carries the key first. A provider that
    /// is set to bearer tokens gets the key, or the access token in its place, as one.
    func access(
        withKey credential: Credentials, _ endpoint: ProviderEndpoint, _ headers: (Secret) -> [(String, String)]
    ) throws(Failure) -> VendorAccess {
        guard case .apiKey(let key) = credential else { throw .defect("\(displayName) needs an API key") }
        guard [.bearer, .oauth].contains(endpoint.authType) else {
            return VendorAccess(base: endpoint.url, headers: headers(key))
        }
        let bearer = ("Authorization", "Bearer " + key.exposeText())
        return VendorAccess(base: endpoint.url, headers: [bearer] + headers(key).dropFirst())
    }
}
