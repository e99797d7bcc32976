import Crypto
import Domain
import Foundation
import Outbound
import Postgres

/// Everything that an installation can set. Read once at start; a wrong setting stops the start.
package struct Configuration: Sendable {
    /// Development mode shows error details to callers.
    package let isDevelopment: Bool
    package let socket: String
    package let workers: Int
    package let threads: Int
    package let upstreamThreads: Int
    package let requestsPerWorker: Int
    package let bodyLimit: Int
    /// The connection string of the application's role.
    package let database: String
    /// The connection string of the owner of the tables, for migrations only.
    package let ownerDatabase: String?
    package let databasePool: Int
    package let usesPreparedStatements: Bool
    package let sqlDirectory: String
    package let masterKeysFile: String
    package let tokens: TokenSettings
    package let roles: RoleTable
    package let allowedNetworks: [NetworkRange]
    package let allowedPorts: PortSet
    package let authoritiesFile: String?
    package let corsOrigins: Set<String>
    /// Between two scheduled health checks of a provider, and how many of them it gets in 24 hours.
    package let healthCheckSeconds: Int
    package let healthChecksPerDay: Int
    /// Whole months that requests are kept; 0 keeps them all.
    package let requestRetentionMonths: Int
    /// Days that prompts and answers are kept, by whole months; 0 keeps them as long as their requests.
    package let payloadRetentionDays: Int

    /// Reads `path`. Throws the first setting that is wrong.
    package init(path: String) throws(ConfigurationError) {
        var file = try ConfigurationFile(path: path)
        let mode = file.text("mode") ?? "production"
        guard mode == "production" || mode == "development" else {
            throw ConfigurationError("mode", "must be production or development")
        }
        isDevelopment = mode == "development"
        socket = try Self.socket(&file)
        workers = try file.int("workers", default: 2, in: 1...64)
        // As many as there are database connections: more would only wait for one another, and cost a fifth more
        // processor time with 16 clients (measured with 4, 8 and 16 on two cores).
        threads = try file.int("threads", default: 8, in: 1...256)
        upstreamThreads = try file.int("upstream_threads", default: 64, in: 1...1_024)
        requestsPerWorker = try file.int("worker_max_requests", default: 1_000_000, in: 0...1_000_000_000)
        bodyLimit = try file.int("body_limit", default: 1_048_576, in: 1_024...67_108_864)
        database = try Self.conninfo(file.required("database"), "database")
        ownerDatabase = try file.text("owner_database").map { text throws(ConfigurationError) in
            try Self.conninfo(text, "owner_database")
        }
        databasePool = try file.int("database_pool", default: 8, in: 1...256)
        usesPreparedStatements = try Self.flag(file.text("prepared_statements") ?? "on", "prepared_statements")
        sqlDirectory = try file.required("sql_directory")
        let keysFile = try file.required("master_keys_file")
        masterKeysFile = Self.variable("PROVIDERD_MASTER_KEYS_FILE") ?? keysFile
        tokens = try TokenSettings(&file)
        roles = try Self.roles(&file)
        allowedNetworks = try Self.networks(file.list("allowed_networks"))
        allowedPorts = try Self.ports(file.list("allowed_ports"))
        authoritiesFile = file.text("authorities_file")
        corsOrigins = try Self.origins(file.list("cors_origins"))
        healthCheckSeconds = try file.int("health_check_seconds", default: 300, in: 5...86_400)
        healthChecksPerDay = try file.int("health_checks_per_day", default: 500, in: 1...20_000)
        requestRetentionMonths = try file.int("request_retention_months", default: 0, in: 0...1_200)
        payloadRetentionDays = try file.int("payload_retention_days", default: 90, in: 0...36_500)
        try file.finish()
    }

    /// The file that `--config` or the environment names.
    package static func path(option: String?) throws(ConfigurationError) -> String {
        guard let path = option ?? variable("PROVIDERD_CONFIG") else {
            throw ConfigurationError("--config", "is missing, and PROVIDERD_CONFIG is not set")
        }
        return path
    }

    /// A variable of the environment; nil also when it is empty.
    private static func variable(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The key ring. The file must not be open to others, or everybody on the machine has the keys.
    package func keyRing() throws(ConfigurationError) -> KeyRing {
        let text = try ConfigurationFile.read(masterKeysFile, setting: "master_keys_file", isSecret: true)
        do throws(CryptoError) {
            return try KeyRing(parsing: text)
        } catch {
            throw ConfigurationError("master_keys_file", "\(masterKeysFile): \(error.text)")
        }
    }

    /// The migrations that this installation's schema is made of.
    package func migrator() throws(ConfigurationError) -> Migrator {
        let folder = sqlDirectory + "/migrations"
        do throws(MigrationError) {
            let migrator = try Migrator(directory: folder)
            guard !migrator.isEmpty else { throw .unreadable(folder) }
            return migrator
        } catch {
            throw ConfigurationError("sql_directory", error.reason)
        }
    }

    /// Which addresses may be called.
    package var addressPolicy: AddressPolicy {
        AddressPolicy(allowedNetworks: allowedNetworks, allowedPorts: allowedPorts)
    }

    /// The pool's settings for the servers. Statements are bounded in time: 5 s, and 2 s of waiting for a lock.
    package var poolSettings: PoolSettings {
        PoolSettings(
            conninfo: database, size: databasePool, waitMilliseconds: 2_000, connectMilliseconds: 2_000,
            statementMilliseconds: 5_000, lockMilliseconds: 2_000,
            usesPreparedStatements: usesPreparedStatements, applicationName: "providerd")
    }

    /// The same for the jobs: a statement that posts or deletes in batches may take longer than a request, and waits
    /// longer for its turn.
    package var jobsPoolSettings: PoolSettings {
        PoolSettings(
            conninfo: database, size: min(databasePool, 4), waitMilliseconds: 10_000, connectMilliseconds: 2_000,
            statementMilliseconds: 60_000, lockMilliseconds: 5_000,
            usesPreparedStatements: usesPreparedStatements, applicationName: "providerd jobs")
    }
}
