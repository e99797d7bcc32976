import Configuration
import Crypto
import Domain
import Foundation
import Postgres
import Store

/// What commands need of the installation that the configuration describes.
struct Installation {
    let configuration: Configuration

    init(option: String?) throws(ConfigurationError) {
        configuration = try Configuration(path: try Configuration.path(option: option))
    }

    /// As the application: what the servers may do.
    func store() throws(ConfigurationError) -> Store {
        Store(pool: Pool(configuration.poolSettings), keys: try configuration.keyRing())
    }

    /// As the owner of the tables, for migrations; statements may take an hour.
    func ownerStore() throws(ConfigurationError) -> Store {
        guard let conninfo = configuration.ownerDatabase else {
            throw ConfigurationError("owner_database", "is not set: it is needed to change the schema")
        }
        let hour = 3_600_000
        let settings = PoolSettings(
            conninfo: conninfo, size: 1, waitMilliseconds: 5_000, connectMilliseconds: 5_000,
            statementMilliseconds: hour, lockMilliseconds: 60_000, usesPreparedStatements: false,
            applicationName: "providerctl")
        return Store(pool: Pool(settings), keys: try configuration.keyRing())
    }

    /// As the role for reports, which may read the schema `reports` and nothing else; a report may take a minute.
    func reports() throws(ConfigurationError) -> Reports {
        guard let conninfo = configuration.reportsDatabase else {
            throw ConfigurationError("reports_database", "is not set: it is needed to read reports")
        }
        return Reports(
            pool: Pool(
                PoolSettings(
                    conninfo: conninfo, size: 1, waitMilliseconds: 5_000, connectMilliseconds: 5_000,
                    statementMilliseconds: 60_000, lockMilliseconds: 5_000, usesPreparedStatements: false,
                    applicationName: "providerctl")))
    }

    /// The audit entry of a command: the operating system's user is the actor.
    static func entry(_ action: String, subject: String, provider: String? = nil, details: String = "{}") -> AuditEntry
    {
        let user = ProcessInfo.processInfo.environment["SUDO_USER"] ?? NSUserName()
        return AuditEntry(
            actor: "providerctl:\(user)", owner: nil, action: action, subject: subject, provider: provider,
            remoteAddress: "local", requestID: "", details: details)
    }
}
