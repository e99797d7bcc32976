import Domain
import JSON
import Outbound

/// One operation against a provider: everything that its requests share, with one deadline for all of them.
struct VendorCall {
    private let wire: any VendorWire
    private let access: VendorAccess
    private let client: HTTPClient
    private let deadline: Deadline

    /// No answer that is read whole is larger, the longest model list included.
    private static let maxAnswerOctets = 10 * 1_024 * 1_024
    private static let connectMilliseconds = 10_000

    init(_ wire: some VendorWire, _ access: VendorAccess, _ endpoint: ProviderEndpoint, _ client: HTTPClient) {
        self.wire = wire
        self.access = access
        self.client = client
        deadline = Deadline(afterMilliseconds: endpoint.timeoutMilliseconds)
    }

    /// Sends a request and hands the JSON of a success to `check`; anything else is `.upstream`.
    func succeed<Value>(
        _ request: WireRequest, _ check: (JSONValue) throws(AnswerProblem) -> Value
    ) throws(Failure) -> Value {
        let answer = try send(request)
        guard answer.isSuccess else { throw failure(answer) }
        return try read(answer, check)
    }

    /// Whatever the provider answers, with any status.
    func send(_ request: WireRequest) throws(Failure) -> ProviderAnswer {
        let remaining = deadline.remainingMilliseconds
        guard remaining > 0 else { throw .upstream(.of(.timedOut, wire.displayName)) }
        var outbound = OutboundRequest(
            method: request.method, url: try url(request.target), headers: headers(request), body: request.body,
            deadlineMilliseconds: remaining, connectMilliseconds: min(remaining, Self.connectMilliseconds),
            idleMilliseconds: remaining)
        outbound.maxBodyOctets = Self.maxAnswerOctets
        do throws(OutboundError) {
            return ProviderAnswer(try client.send(outbound), maxOctets: Self.maxAnswerOctets)
        } catch {
            throw Self.failure(error, wire.displayName)
        }
    }

    /// The JSON of a success, checked.
    func read<Value>(
        _ answer: ProviderAnswer, _ check: (JSONValue) throws(AnswerProblem) -> Value
    ) throws(Failure) -> Value {
        do throws(AnswerProblem) {
            guard let json = answer.json else { throw .unexpectedShape }
            return try check(json)
        } catch {
            throw .upstream(.of(error, wire.displayName, status: answer.status))
        }
    }

    /// What an answer that is not a success means.
    func failure(_ answer: ProviderAnswer, refusing parameter: ChatParameter? = nil) -> Failure {
        .upstream(.of(answer, wire.vendorError(in: answer), wire.displayName, refusing: parameter))
    }

    private func headers(_ request: WireRequest) -> [(String, String)] {
        let common = [("Accept", "application/json"), ("User-Agent", "providerd")]
        let content = request.body.isEmpty ? [] : [("Content-Type", "application/json")]
        return access.headers + common + content
    }

    private func url(_ target: String) throws(Failure) -> HTTPURL {
        var path = access.base.path
        while path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
        do throws(URLProblem) {
            return try HTTPURL(access.base.origin + path + target)
        } catch {
            throw .defect("no URL can be made for \(wire.displayName): \(error.reason)")
        }
    }

    /// The client's own texts stay here: they can name addresses of the inside.
    private static func failure(_ error: OutboundError, _ provider: String) -> Failure {
        switch error {
        case .cannotResolve, .cannotConnect, .closed: .upstream(.of(.unreachable, provider))
        case .tls: .upstream(UpstreamFailure(.unreachable, "\(provider) could not be reached over TLS"))
        case .timedOut: .upstream(.of(.timedOut, provider))
        case .malformed, .tooLarge: .upstream(.of(.malformed, provider))
        case .addressRefused: .upstream(.of(.addressRefused, provider))
        case .invalidRequest: .defect("the request to \(provider) is not valid HTTP")
        }
    }
}
