import Domain
import HTTP
import JSON
import Store

extension Surface {
    /// For load balancers and monitoring. Says nothing that a stranger must not know.
    static let probes = Surface(
        name: "probes", prefixes: ["/healthz", "/readyz"],
        routes: [
            .get("/healthz", .open, showLiveness),
            .get("/readyz", .open, showReadiness),
        ],
        render: renderSuccessFalse)
}

/// The process answers. It does not look at anything else, so that a database outage restarts nobody.
@Sendable
func showLiveness(_ request: Request, _ services: Services) throws(Failure) -> Response {
    .json(JSONWriter.object { $0.field("status", "ok") })
}

/// 200 when requests can be served; 503 with the part that is missing otherwise.
@Sendable
func showReadiness(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let readiness = services.installation.gate.current()
    let (status, database, migrations, keys) =
        switch readiness {
        case .ready: ("ready", "ok", "ok", "ok")
        case .databaseAway: ("unavailable", "away", "unknown", "unknown")
        case .migrations: ("unavailable", "ok", "mismatch", "unknown")
        case .sealed: ("sealed", "ok", "ok", "sealed")
        }
    let body = JSONWriter.object {
        $0.field("status", status)
        $0.field("database", database)
        $0.field("migrations", migrations)
        $0.field("keys", keys)
    }
    var response = Response.json(body, status: readiness == .ready ? 200 : 503)
    if readiness != .ready { response.headers.append(("Retry-After", "2")) }
    return response
}
