import Configuration
import Crypto
import Domain
import Foundation
import Outbound
import Postgres
import Providers
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

    /// Who the audit log and the accounts name: the operating system's user.
    static var actor: String { "cli:" + (ProcessInfo.processInfo.environment["SUDO_USER"] ?? NSUserName()) }

    /// Calls providers as the servers do, under the same rules of where they may go.
    func client() throws(ConfigurationError) -> ProviderClient {
        do throws(OutboundError) {
            return ProviderClient(
                try HTTPClient(policy: configuration.addressPolicy, authoritiesFile: configuration.authoritiesFile))
        } catch {
            // The only thing that can go wrong here is the file.
            if case .tls(let reason) = error { throw ConfigurationError("authorities_file", reason) }
            throw ConfigurationError("authorities_file", "\(error)")
        }
    }

    /// The audit entry of a command: the operating system's user is the actor.
    static func entry(_ action: String, subject: String, provider: String? = nil, details: String = "{}") -> AuditEntry
    {
        AuditEntry(
            actor: actor, owner: nil, action: action, subject: subject, provider: provider,
            remoteAddress: "local", requestID: "", details: details)
    }
}
