import Foundation
import Postgres

/// A database with the schema that the files of `sql/` make, and the two ways into it.
package final class MigratedDatabase: Sendable {
    /// The repository's folder `sql`.
    package static let sql = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../sql").standardizedFileURL.path

    package let scratch: ScratchDatabase
    /// As a superuser, who may do everything: what the tests prepare and tamper with.
    package let owner: Pool
    /// With the rights of the servers and no more.
    package let application: Pool
    /// With the rights of the role for reports and no more.
    package let reports: Pool

    /// Creates the roles where they are missing, an empty database, and applies every migration.
    package init() throws {
        scratch = try ScratchDatabase(roles: try String(contentsOfFile: Self.sql + "/roles.sql", encoding: .utf8))
        owner = Self.pool(scratch.conninfo, size: 4)
        application = Self.pool(Self.restricted(scratch.conninfo, to: "providerd_app"), size: 20)
        reports = Self.pool(Self.restricted(scratch.conninfo, to: "providerd_reports"), size: 2)
        let migrator = try Migrator(directory: Self.sql + "/migrations")
        _ = try owner.withSession(mapping: { $0 as any Error }) { (session) throws(any Error) in
            try migrator.apply(on: session) { _ in }
        }
    }

    package func drop() throws { try scratch.drop() }

    /// A pool of one connection with the servers' rights, so that statement and question share a session.
    package func singleSession() -> Pool { Self.pool(Self.restricted(scratch.conninfo, to: "providerd_app"), size: 1) }

    private static func pool(_ conninfo: String, size: Int) -> Pool {
        Pool(
            PoolSettings(
                conninfo: conninfo, size: size, waitMilliseconds: 20_000, connectMilliseconds: 10_000,
                statementMilliseconds: 20_000, lockMilliseconds: 20_000, applicationName: "tests"))
    }

    private static func restricted(_ conninfo: String, to role: String) -> String {
        guard conninfo.contains("://") else { return conninfo + " options='-c role=\(role)'" }
        return conninfo + (conninfo.contains("?") ? "&" : "?") + "options=-c%20role%3D\(role)"
    }
}
