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

    /// Reads `path`. Throws the first setting that is wrong.
    package init(path: String) throws(ConfigurationError) {
        var file = try ConfigurationFile(path: path)
        let mode = file.text("mode") ?? "production"
        guard mode == "production" || mode == "development" else {
            throw ConfigurationError("mode", "must be production or development")
        }
        isDevelopment = mode == "development"
        socket = try file.required("socket")
        workers = try file.int("workers", default: 2, in: 1...64)
        threads = try file.int("threads", default: 16, in: 1...256)
        upstreamThreads = try file.int("upstream_threads", default: 64, in: 1...1_024)
        requestsPerWorker = try file.int("worker_max_requests", default: 1_000_000, in: 0...1_000_000_000)
        bodyLimit = try file.int("body_limit", default: 1_048_576, in: 1_024...67_108_864)
        database = try file.required("database")
        ownerDatabase = file.text("owner_database")
        databasePool = try file.int("database_pool", default: 8, in: 1...256)
        usesPreparedStatements = try Self.flag(file.text("prepared_statements") ?? "on", "prepared_statements")
        sqlDirectory = try file.required("sql_directory")
        let keysFile = try file.required("master_keys_file")
        masterKeysFile = ProcessInfo.processInfo.environment["PROVIDERD_MASTER_KEYS_FILE"] ?? keysFile
        tokens = try TokenSettings(&file)
        roles = try Self.roles(&file)
        allowedNetworks = try Self.networks(file.list("allowed_networks"))
        allowedPorts = try Self.ports(file.text("allowed_ports"))
        authoritiesFile = file.text("authorities_file")
        corsOrigins = try Self.origins(file.list("cors_origins"))
        try file.finish()
    }

    /// The file that `--config` or the environment names.
    package static func path(option: String?) throws(ConfigurationError) -> String {
        guard let path = option ?? ProcessInfo.processInfo.environment["PROVIDERD_CONFIG"] else {
            throw ConfigurationError("--config", "is missing, and PROVIDERD_CONFIG is not set")
        }
        return path
    }

    /// The key ring. The file must not be open to others, or everybody on the machine has the keys.
    package func keyRing() throws(ConfigurationError) -> KeyRing {
        var status = stat()
        guard stat(masterKeysFile, &status) == 0 else {
            throw ConfigurationError("master_keys_file", "\(masterKeysFile) cannot be read")
        }
        guard status.st_mode & 0o007 == 0 else {
            throw ConfigurationError("master_keys_file", "\(masterKeysFile) is open to others: chmod o= it")
        }
        do throws(CryptoError) {
            return try KeyRing(parsing: try readKeys())
        } catch {
            throw ConfigurationError("master_keys_file", "\(masterKeysFile): \(error)")
        }
    }

    private func readKeys() throws(CryptoError) -> String {
        do throws(ConfigurationError) {
            return try ConfigurationFile.read(masterKeysFile, setting: "master_keys_file")
        } catch {
            throw .malformed(error.reason)
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

    // MARK: - Parsing

    static func flag(_ text: String, _ setting: String) throws(ConfigurationError) -> Bool {
        switch text {
        case "on": true
        case "off": false
        default: throw ConfigurationError(setting, "must be on or off")
        }
    }

    /// `roles = Owner: ai:read ai:manage ai:use; Viewer: ai:read`. Without the setting the standard table holds.
    private static func roles(_ file: inout ConfigurationFile) throws(ConfigurationError) -> RoleTable {
        let administrators = file.list("admin_roles")
        guard let text = file.text("roles") else {
            return administrators.isEmpty ? .standard : RoleTable.standard.administered(by: Set(administrators))
        }
        var permissions: [String: Set<Permission>] = [:]
        for entry in text.split(separator: ";").map(\.trimmed) where !entry.isEmpty {
            guard let colon = entry.firstIndex(of: ":") else {
                throw ConfigurationError("roles", "'\(entry)' is not 'Role: permission permission'")
            }
            var granted: Set<Permission> = []
            for word in entry[entry.index(after: colon)...].split(separator: " ") {
                guard let permission = Permission(rawValue: String(word)) else {
                    let known = Permission.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ConfigurationError("roles", "'\(word)' is not one of \(known)")
                }
                granted.insert(permission)
            }
            permissions[String(entry[..<colon].trimmed)] = granted
        }
        return RoleTable(
            permissions: permissions,
            administrators: administrators.isEmpty ? ["Owner", "Admin"] : Set(administrators))
    }

    private static func networks(_ texts: [String]) throws(ConfigurationError) -> [NetworkRange] {
        var networks: [NetworkRange] = []
        for text in texts {
            guard let network = NetworkRange(text) else {
                throw ConfigurationError("allowed_networks", "'\(text)' is not a network such as 10.0.0.0/8")
            }
            networks.append(network)
        }
        return networks
    }

    private static func ports(_ text: String?) throws(ConfigurationError) -> PortSet {
        guard let text else { return AddressPolicy.production.allowedPorts }
        guard let ports = PortSet(text) else {
            throw ConfigurationError("allowed_ports", "must be ports and ranges such as 443,8000-8999")
        }
        return ports
    }

    private static func origins(_ texts: [String]) throws(ConfigurationError) -> Set<String> {
        for text in texts where !(text.hasPrefix("https://") || text.hasPrefix("http://")) || text.hasSuffix("/") {
            throw ConfigurationError("cors_origins", "'\(text)' is not an origin such as https://panel.example.com")
        }
        return Set(texts)
    }
}
