import Foundation
import Postgres

/// An empty database for a test, on the server that `TEST_DATABASE_URL` names or else on a private one that the whole
/// test process shares. Dropped by `drop`, at the latest with the server.
package final class ScratchDatabase: Sendable {
    package let name: String
    /// Keywords or a URI that lead to it, as an owner who may do everything.
    package let conninfo: String
    private let server: String

    /// Creates it, as a copy of `template` where one is named; the template must have no connections.
    package init(template: String? = nil) throws {
        server = try Self.server.get()
        name = "scratch_\(getpid())_\(UInt32.random(in: 0 ... .max))"
        let separator = server.contains("?") ? "&" : "?"
        conninfo = server.contains("://") ? "\(server)\(separator)dbname=\(name)" : "\(server) dbname=\(name)"
        try administer("CREATE DATABASE \(name)" + (template.map { " TEMPLATE \($0)" } ?? ""))
    }

    /// Creates it after the roles that `script` makes. Roles belong to the whole server, where other tests may be about to
    /// make the same ones: a lock until the end of the script keeps them apart.
    package convenience init(roles script: String) throws {
        try self.init()
        try administer("SELECT pg_advisory_xact_lock(hashtext('roles'));\n" + script)
    }

    /// Removes it, whoever is still connected.
    package func drop() throws { try administer("DROP DATABASE IF EXISTS \(name) WITH (FORCE)") }

    private static let server: Result<String, ScratchError> = {
        if let given = ProcessInfo.processInfo.environment["TEST_DATABASE_URL"], !given.isEmpty {
            return .success(given)
        }
        return cluster.map(\.conninfo)
    }()

    private static let cluster: Result<ScratchCluster, ScratchError> = Result { () throws(ScratchError) in
        try ScratchCluster()
    }

    private func administer(_ text: String) throws {
        let settings = PoolSettings(
            conninfo: server, size: 1, connectMilliseconds: 10_000, statementMilliseconds: 60_000,
            lockMilliseconds: 60_000, applicationName: "scratch")
        try Pool(settings).withSession(mapping: { $0 }) { session throws(PostgresError) in try session.script(text) }
    }
}
