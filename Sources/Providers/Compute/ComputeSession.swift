import Domain
import JSON
import Outbound
import XML

/// One operation against a compute provider: everything that its requests share, with one deadline for all of them.
package struct ComputeSession {
    /// The provider's name for people.
    let name: String
    let configuration: ComputeConfiguration
    /// Where the installation points the provider, nil for the vendor or the configuration's own host.
    let override: HTTPURL?
    private let client: HTTPClient
    private let deadline: Deadline
    private let milliseconds: Int
    private let verifiesCertificate: Bool

    /// One page of a long list, or a whole cluster of Proxmox.
    private static let maxAnswerOctets = 64 * 1_024 * 1_024
    private static let maxNodes = 4_000_000
    private static let connectMilliseconds = 10_000
    /// AWS and Oracle allow five minutes, Google and Alibaba more.
    private static let largestSkewSeconds: Int64 = 300

    init(
        _ adapter: any ComputeAdapter, _ configuration: ComputeConfiguration, at endpoint: ProviderEndpoint,
        with client: HTTPClient
    ) {
        name = adapter.displayName
        self.configuration = configuration
        override = endpoint.url.text == adapter.vendorEndpoint ? nil : endpoint.url
        self.client = client
        milliseconds = endpoint.timeoutMilliseconds
        deadline = Deadline(afterMilliseconds: endpoint.timeoutMilliseconds)
        verifiesCertificate = !configuration.isSet("insecure") && configuration["verify_ssl"] != "false"
    }

    /// A base URL: the installation's endpoint for the provider where there is one, else this one.
    func base(_ text: String) throws(Failure) -> HTTPURL {
        if let override { return override }
        do throws(URLProblem) {
            return try HTTPURL(text)
        } catch {
            throw .defect("no URL can be made for \(name): \(error.reason)")
        }
    }

    /// Whatever the provider answers, with any status. Redirects and silence are failures.
    func send(
        _ method: String, _ url: HTTPURL, headers: [(String, String)] = [], body: [UInt8] = [],
        evenLate: Bool = false
    ) throws(Failure) -> OutboundResponse {
        // Leaving a session takes place also when the time for the rest has run out.
        let remaining = evenLate ? max(deadline.remainingMilliseconds, 2_000) : deadline.remainingMilliseconds
        guard remaining > 0 else { throw failure(.timedOut) }
        var request = OutboundRequest(
            method: method, url: url, headers: headers + [("User-Agent", "providerd")], body: body,
            deadlineMilliseconds: remaining, connectMilliseconds: min(remaining, Self.connectMilliseconds),
            idleMilliseconds: remaining)
        request.maxBodyOctets = Self.maxAnswerOctets
        request.verifiesCertificate = verifiesCertificate
        let response: OutboundResponse
        do throws(OutboundError) {
            response = try client.send(request)
        } catch {
            throw failure(error)
        }
        guard !(300..<400 ~= response.status) else {
            throw .upstream(
                UpstreamFailure(.malformed, "\(name) answered with a redirect", status: response.status))
        }
        return response
    }

    /// The JSON of a success; `check` maps the body of anything else, nil for what its status says.
    func json(
        _ response: OutboundResponse, _ kind: (JSONValue) -> UpstreamFailure.Kind? = { _ in nil }
    ) throws(Failure) -> JSONValue {
        let limits = JSONLimits(octets: Self.maxAnswerOctets, values: Self.maxNodes)
        let value = try? JSONParser.parse(response.body, limits: limits)
        guard 200..<300 ~= response.status else { throw failure(response, value.flatMap(kind)) }
        guard let value else { throw failure(.malformed, status: response.status) }
        return value
    }

    /// The XML of a success; `check` maps the body of anything else, nil for what its status says.
    func xml(
        _ response: OutboundResponse, _ kind: (XMLElement) -> UpstreamFailure.Kind? = { _ in nil }
    ) throws(Failure) -> XMLElement {
        let limits = XMLLimits(octets: Self.maxAnswerOctets, nodes: Self.maxNodes)
        let root = try? XMLParser.parse(response.body, limits: limits)
        guard 200..<300 ~= response.status else { throw failure(response, root.flatMap(kind)) }
        guard let root else { throw failure(.malformed, status: response.status) }
        return root
    }

    /// Throws when a provider refuses a signature and its clock and ours are further apart than signatures are good for:
    /// then it is the clock, and nothing is said about the credentials.
    func checkClock(_ response: OutboundResponse) throws(Failure) {
        guard [400, 401, 403].contains(response.status),
            let theirs = response.header("date").flatMap(HTTPDate.parse)?.seconds
        else { return }
        let seconds = abs(theirs - Timestamp.now().seconds)
        guard seconds > Self.largestSkewSeconds else { return }
        throw .upstream(
            UpstreamFailure(
                .badRequest,
                "\(name) refused the signature: its clock and the one of this machine differ by \(seconds) seconds",
                status: response.status))
    }

    func failure(_ kind: UpstreamFailure.Kind, status: Int? = nil) -> Failure {
        .upstream(.compute(kind, name, status: status))
    }

    /// Whether there is time for what a list is still useful without.
    var hasMostOfItsTime: Bool { deadline.remainingMilliseconds > milliseconds / 2 }

    /// An answer of success without what it has to have.
    var malformed: Failure { failure(.malformed, status: 200) }

    private func failure(_ response: OutboundResponse, _ kind: UpstreamFailure.Kind?) -> Failure {
        let byStatus = UpstreamFailure.Kind(computeStatus: response.status)
        // An outage can never make credentials look bad.
        let isOutage = response.status >= 502 && kind == .invalidCredential
        return failure(isOutage ? byStatus : kind ?? byStatus, status: response.status)
    }

    private func failure(_ error: OutboundError) -> Failure {
        switch error {
        case .cannotResolve, .cannotConnect, .closed: failure(.unreachable)
        case .tls:
            .upstream(
                UpstreamFailure(.unreachable, "\(name) could not be reached over TLS: its certificate is not trusted"))
        case .timedOut: failure(.timedOut)
        case .malformed: failure(.malformed)
        case .tooLarge: .upstream(UpstreamFailure(.malformed, "\(name) answered with more than can be read at once"))
        case .addressRefused: failure(.addressRefused)
        case .invalidRequest: .defect("the request to \(name) is not valid HTTP")
        }
    }
}

extension UpstreamFailure.Kind {
    fileprivate init(computeStatus status: Int) {
        switch status {
        case 401: self = .invalidCredential
        case 402: self = .outOfMoney
        case 403: self = .forbidden
        case 404, 410: self = .gone
        case 408: self = .timedOut
        case 429: self = .rateLimited
        case 400..<500: self = .badRequest
        case 500...: self = .overloaded
        default: self = .malformed
        }
    }
}

extension UpstreamFailure {
    /// The sentences about compute providers: as those about the others, but there are credentials and no models.
    static func compute(_ kind: Kind, _ provider: String, status: Int? = nil) -> UpstreamFailure {
        let sentence: String? =
            switch kind {
            case .invalidCredential: "Authentication failed: \(provider) refused the credentials"
            case .gone: "\(provider) does not have what the configuration names"
            case .rateLimited: "\(provider) limits the rate of requests"
            case .outOfMoney: "\(provider) wants to be paid first"
            default: nil
            }
        return sentence.map { UpstreamFailure(kind, $0, status: status) } ?? .of(kind, provider, status: status)
    }

    /// That the provider refuses a configuration, whatever it was asked for with it.
    package static func refusedConfiguration(of provider: String, _ status: Int?) -> UpstreamFailure {
        .compute(.invalidCredential, provider, status: status)
    }

    /// The same failure with how far a list had come.
    func after(_ count: Int) -> UpstreamFailure {
        UpstreamFailure(
            kind, "\(message); \(count) virtual machines had been read before that", status: status,
            retryAfter: retryAfter)
    }
}
