import Domain
import JSON
import Outbound

/// One operation against a provider: everything that its requests share, with one deadline for all of them.
struct VendorCall {
    /// What the provider does not know when it answers that something is not there.
    enum Subject { case model, job }

    private let wire: any VendorWire
    private let access: VendorAccess
    private let client: HTTPClient
    private let deadline: Deadline
    private let maxAnswerOctets: Int

    /// No answer that is read whole is larger, the longest model list included; only pictures are.
    static let maxAnswerOctets = 10 * 1_024 * 1_024
    private static let connectMilliseconds = 10_000

    init(
        _ wire: some VendorWire, _ access: VendorAccess, _ endpoint: ProviderEndpoint, _ client: HTTPClient,
        maxAnswerOctets: Int = Self.maxAnswerOctets
    ) {
        self.wire = wire
        self.access = access
        self.client = client
        self.maxAnswerOctets = maxAnswerOctets
        deadline = Deadline(afterMilliseconds: endpoint.timeoutMilliseconds)
    }

    /// The base URL of every request that names no other.
    var base: HTTPURL { access.base }

    /// Sends a request and hands the JSON of a success to `check`; anything else is `.upstream`.
    func succeed<Value>(
        _ request: WireRequest, about subject: Subject = .model,
        _ check: (JSONValue) throws(AnswerProblem) -> Value
    ) throws(Failure) -> Value {
        let answer = try send(request)
        guard wire.isSuccess(answer) else { throw failure(answer, about: subject) }
        return try read(answer, check)
    }

    /// Whatever the provider answers, with any status.
    func send(_ request: WireRequest) throws(Failure) -> ProviderAnswer {
        let remaining = deadline.remainingMilliseconds
        guard remaining > 0 else { throw .upstream(.of(.timedOut, wire.displayName)) }
        var outbound = OutboundRequest(
            method: request.method, url: try url(request), headers: headers(request), body: request.body,
            deadlineMilliseconds: remaining, connectMilliseconds: min(remaining, Self.connectMilliseconds),
            idleMilliseconds: remaining)
        outbound.maxBodyOctets = maxAnswerOctets
        do throws(OutboundError) {
            return ProviderAnswer(try client.send(outbound), maxOctets: maxAnswerOctets)
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
    func failure(
        _ answer: ProviderAnswer, about subject: Subject = .model, refusing parameter: ChatParameter? = nil
    ) -> Failure {
        let failure = UpstreamFailure.of(
            answer, wire.vendorError(in: answer), wire.displayName, refusing: parameter)
        guard subject == .job, failure.kind == .gone else { return .upstream(failure) }
        return .upstream(.unknownJob(wire.displayName, status: failure.status))
    }

    private func headers(_ request: WireRequest) -> [(String, String)] {
        let common = [("Accept", "application/json"), ("User-Agent", "providerd")]
        let content = request.body.isEmpty ? [] : [("Content-Type", "application/json")]
        return access.headers + common + content
    }

    private func url(_ request: WireRequest) throws(Failure) -> HTTPURL {
        let base = request.base ?? access.base
        var path = base.path
        while path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
        do throws(URLProblem) {
            return try HTTPURL(base.origin + path + request.target)
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
