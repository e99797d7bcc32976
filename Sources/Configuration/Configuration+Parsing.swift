import Domain
import Outbound
import Postgres

extension Configuration {
    /// The longest path that a unix socket's address holds, `sun_path` without its closing zero.
    private static let socketPathLimit = 107

    static func socket(_ file: inout ConfigurationFile) throws(ConfigurationError) -> String {
        let path = try file.required("socket")
        guard path.hasPrefix("/"), path.utf8.count <= socketPathLimit else {
            throw ConfigurationError("socket", "must be an absolute path of at most \(socketPathLimit) octets")
        }
        return path
    }

    /// The text is not quoted: it may hold a password.
    static func conninfo(_ text: String, _ setting: String) throws(ConfigurationError) -> String {
        guard PoolSettings.isConnectionString(text) else {
            throw ConfigurationError(
                setting, "is not a connection string such as 'host=/run/postgresql dbname=providerd'")
        }
        return text
    }

    static func flag(_ text: String, _ setting: String) throws(ConfigurationError) -> Bool {
        switch text {
        case "on": true
        case "off": false
        default: throw ConfigurationError(setting, "must be on or off")
        }
    }

    /// `roles = Owner: ai:read ai:manage ai:use; Viewer: ai:read`. Without the setting the standard table holds.
    static func roles(_ file: inout ConfigurationFile) throws(ConfigurationError) -> RoleTable {
        let administrators = file.list("admin_roles")
        guard let text = file.text("roles") else {
            return administrators.isEmpty ? .standard : RoleTable.standard.administered(by: Set(administrators))
        }
        var permissions: [String: Set<Permission>] = [:]
        for entry in text.split(separator: ";").map(\.trimmed) where !entry.isEmpty {
            let (role, granted) = try role(entry)
            guard permissions.updateValue(granted, forKey: role) == nil else {
                throw ConfigurationError("roles", "'\(role)' stands there twice")
            }
        }
        guard !permissions.isEmpty else { throw ConfigurationError("roles", "names no role") }
        return RoleTable(
            permissions: permissions,
            administrators: administrators.isEmpty ? ["Owner", "Admin"] : Set(administrators))
    }

    private static func role(_ entry: Substring) throws(ConfigurationError) -> (String, Set<Permission>) {
        guard let colon = entry.firstIndex(of: ":"), colon != entry.startIndex else {
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
        return (String(entry[..<colon].trimmed), granted)
    }

    static func networks(_ texts: [String]) throws(ConfigurationError) -> [NetworkRange] {
        var networks: [NetworkRange] = []
        for text in texts {
            guard let network = NetworkRange(text) else {
                throw ConfigurationError("allowed_networks", "'\(text)' is not a network such as 10.0.0.0/8")
            }
            networks.append(network)
        }
        return networks
    }

    static func ports(_ texts: [String]) throws(ConfigurationError) -> PortSet {
        guard !texts.isEmpty else { return AddressPolicy.production.allowedPorts }
        guard let ports = PortSet(texts.joined(separator: ",")) else {
            throw ConfigurationError(
                "allowed_ports",
                "must be ports and ranges such as 443,8000-8999, none of them of a service that is "
                    + "never called")
        }
        return ports
    }

    /// Exactly as browsers send it: lower case, no path, no default port. Anything else would never match.
    static func origins(_ texts: [String]) throws(ConfigurationError) -> Set<String> {
        for text in texts where (try? HTTPURL(text))?.origin != text {
            throw ConfigurationError("cors_origins", "'\(text)' is not an origin such as https://panel.example.com")
        }
        return Set(texts)
    }
}
