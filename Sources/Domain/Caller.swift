/// What a caller may do, by the names that stand in tokens.
package enum Permission: String, CaseIterable, Sendable {
    case aiRead = "ai:read"
    case aiManage = "ai:manage"
    case aiUse = "ai:use"
}

/// Whose configuration something is: a tenant's or, for a caller without one, the caller's own.
package enum Owner: Hashable, Sendable {
    case tenant(String)
    case user(String)

    /// The form in the database. The prefix keeps a tenant and a user of the same name apart.
    package var key: String {
        switch self {
        case .tenant(let name): "tenant:" + name
        case .user(let name): "user:" + name
        }
    }
}

/// Who sent a request, as its verified token says.
package struct Caller: Sendable {
    /// The token's `sub`.
    package let subject: String
    package let owner: Owner
    package let permissions: Set<Permission>
    /// Whether one of the roles administers the whole installation.
    package let isAdministrator: Bool

    package init(subject: String, owner: Owner, permissions: Set<Permission>, isAdministrator: Bool) {
        self.subject = subject
        self.owner = owner
        self.permissions = permissions
        self.isAdministrator = isAdministrator
    }
}

/// What each role gives. A role that is not in the table gives nothing.
package struct RoleTable: Sendable {
    private let permissions: [String: Set<Permission>]
    private let administrators: Set<String>

    package init(permissions: [String: Set<Permission>], administrators: Set<String>) {
        self.permissions = permissions
        self.administrators = administrators
    }

    /// Owner and Admin may do everything, Manager may read and use.
    package static let standard = RoleTable(
        permissions: [
            "Owner": Set(Permission.allCases), "Admin": Set(Permission.allCases), "Manager": [.aiRead, .aiUse],
        ],
        administrators: ["Owner", "Admin"])

    /// The same permissions, other administrators.
    package func administered(by administrators: Set<String>) -> RoleTable {
        RoleTable(permissions: permissions, administrators: administrators)
    }

    /// The roles' permissions together with those that the token names itself.
    package func permissions(of roles: [String], explicit: [String]) -> Set<Permission> {
        roles.reduce(into: Set(explicit.compactMap(Permission.init(rawValue:)))) { all, role in
            all.formUnion(permissions[role] ?? [])
        }
    }

    package func administers(_ roles: [String]) -> Bool { roles.contains { administrators.contains($0) } }
}
