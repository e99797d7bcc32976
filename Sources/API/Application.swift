import Crypto
import Domain
import HTTP
import JSON
import Store

/// Answers requests: match, authenticate, authorise, run, encode.
package struct Application: Sendable {
    private let installation: Installation
    private let router = Router(Surface.all.flatMap(\.routes))
    /// The methods that some route of the upstream lane has: for the others there is nothing to look up.
    private let upstreamMethods = Set(
        Surface.all.flatMap(\.routes).filter { $0.lane == .upstream }.map(\.method.rawValue))

    package init(_ installation: Installation) { self.installation = installation }

    /// Whether a request may have to run in the upstream lane: when not, there is no need to look at its path.
    package func mayNeedUpstream(method: String, query: String) -> Bool {
        Self.mayExport(query) || Self.mayRefresh(query) || upstreamMethods.contains(method)
    }

    /// Where a request will run. An unknown path is answered on the spot; exports take as long as their client does,
    /// and what is refreshed is asked for at a provider.
    package func lane(method: String, path: String, query: String) -> RouteLane {
        guard mayNeedUpstream(method: method, query: query),
            let route = (try? router.match(Method(rawValue: method), path))?.route
        else { return .direct }
        if Self.mayExport(query), route.query.contains("format") { return .upstream }
        if Self.mayRefresh(query), route.query.contains("refresh") { return .upstream }
        return route.lane
    }

    private static func mayExport(_ query: String) -> Bool { !query.isEmpty && query.contains("format=") }

    private static func mayRefresh(_ query: String) -> Bool { !query.isEmpty && query.contains("refresh=") }

    /// The answer to a request, whatever happens.
    package func respond(method: String, to request: Request, durations: Durations) -> Response {
        var request = request
        var pattern: String?
        var response: Response
        do throws(Failure) {
            response = try run(method, &request, &pattern, installation.services(for: durations))
        } catch {
            response = failed(error, request)
        }
        finish(&response, request, method)
        if let stream = response.stream {
            response.stream = logged(stream, response.status, request, method, pattern, durations)
        } else {
            installation.log.access(
                request, method: method, pattern: pattern, status: response.status, octets: response.body.count,
                durations)
        }
        return response
    }

    /// The same stream with its line in the log, which is written when it has ended.
    private func logged(
        _ stream: @escaping BodyStream, _ status: Int, _ request: Request, _ method: String, _ pattern: String?,
        _ durations: Durations
    ) -> BodyStream {
        { (writer) throws(Failure) in
            defer {
                installation.log.access(
                    request, method: method, pattern: pattern, status: status, octets: writer.octets, durations)
            }
            do throws(Failure) {
                try stream(writer)
            } catch {
                installation.log.failure(error, request)
                throw error
            }
        }
    }

    /// The answer to a request that is not even run: its query is broken, or the upstream lane is full.
    package func refuse(_ failure: Failure, method: String, _ request: Request, durations: Durations) -> Response {
        var response = failed(failure, request)
        finish(&response, request, method)
        installation.log.access(
            request, method: method, pattern: nil, status: response.status, octets: response.body.count, durations)
        return response
    }

    private func run(
        _ method: String, _ request: inout Request, _ pattern: inout String?, _ services: Services
    ) throws(Failure) -> Response {
        if request.method == .options { return try options(request) }
        let match = try router.match(Method(rawValue: method), request.path)
        pattern = match.route.pattern.text
        request.parameters = match.parameters
        switch match.route.access {
        case .open: return try match.route.handler(request, services)
        case .owner(let permission): try authorise(&request, permission, administration: false)
        case .admin(let permission): try authorise(&request, permission, administration: true)
        }
        try request.query.allow(match.route.query)
        try installation.gate.pass()
        let response = try once(&request, match.route, services)
        return try conditional(response, request)
    }

    private func authorise(
        _ request: inout Request, _ permission: Permission, administration: Bool
    ) throws(Failure) {
        let caller = try installation.authenticator.caller(
            authorization: request.header("authorization"), now: request.receivedAt)
        guard caller.permissions.contains(permission), !administration || caller.isAdministrator else {
            throw .forbidden
        }
        request.caller = caller
    }

    /// 304 for a representation that the caller has.
    private func conditional(_ response: Response, _ request: Request) throws(Failure) -> Response {
        guard request.method == .get || request.method == .head, response.status == 200,
            let tag = response.header("ETag"), let header = request.header("if-none-match"),
            EntityTag(text: tag).isNamed(by: header)
        else { return response }
        return Response(status: 304, headers: [("ETag", tag)])
    }

    private func options(_ request: Request) throws(Failure) -> Response {
        let allowed = router.allowed(request.path)
        guard !allowed.isEmpty else { throw .notFound("Resource") }
        return Response(status: 204, headers: [("Allow", allowed.joined(separator: ", "))])
    }

    private func failed(_ failure: Failure, _ request: Request) -> Response {
        installation.log.failure(failure, request)
        let surface = Surface.of(request.path)
        let detail = installation.isDevelopment ? failure.detail : nil
        return surface.renderAbout?(failure, detail, request.subject) ?? surface.render(failure, detail)
    }

    /// The headers that every answer has.
    private func finish(_ response: inout Response, _ request: Request, _ method: String) {
        response.headers.append(("X-Request-Id", request.id))
        response.headers.append(("Cache-Control", "private, no-cache"))
        if !installation.corsOrigins.isEmpty {
            // Also where there is no origin: a cache must not give that answer to a page that has one.
            response.headers.append(("Vary", "Origin"))
            if let origin = request.header("origin") { allow(origin, &response, request) }
        }
        // 204 and 304 have no body and no length (RFC 9110, 8.6).
        if response.status != 204, response.status != 304, response.stream == nil {
            response.headers.append(("Content-Length", String(response.body.count)))
        }
        if request.method == .head {
            response.body = []
            response.stream = nil
        }
    }

    /// CORS for the configured origins, compared exactly. Tokens travel in `Authorization`, never in cookies, so
    /// credentials mode is not offered.
    private func allow(_ origin: String, _ response: inout Response, _ request: Request) {
        guard installation.corsOrigins.contains(origin) else { return }
        response.headers.append(("Access-Control-Allow-Origin", origin))
        response.headers.append(("Access-Control-Expose-Headers", "ETag, Retry-After, X-Request-Id"))
        guard request.method == .options else { return }
        let methods = router.allowed(request.path).joined(separator: ", ")
        response.headers.append(("Access-Control-Allow-Methods", methods))
        response.headers.append(
            (
                "Access-Control-Allow-Headers",
                "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-Id"
            ))
        response.headers.append(("Access-Control-Max-Age", "600"))
    }
}

extension Failure {
    /// For development mode and the log: what kind of failure it is and why.
    var detail: String {
        switch self {
        case .defect(let reason): "defect: \(reason)"
        case .upstream(let failure):
            failure.status.map { "\(failure.kind.rawValue), the provider answered \($0)" } ?? failure.kind.rawValue
        case .unauthenticated: "The token is missing or does not verify"
        case .forbidden: "The token does not carry the permission that this route needs"
        default: message
        }
    }
}
