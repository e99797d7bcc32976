/// A credential without what it is.
package struct CredentialRecord: Sendable, Equatable {
    package let id: ID<Credential>
    package let provider: String
    /// Whose it is, as `tenant:t1`; nil for the installation's own.
    package let owner: String?
    package let name: String?
    package let type: String
    package let environment: String
    /// The end of the key, nil for a short one.
    package let hint: String?
    package let state: State
    package let isActive: Bool
    /// The texts of JSON objects.
    package let metadata: String
    package let uiMetadata: String
    package let expiresAt: Timestamp?
    package let lastUsedAt: Timestamp?
    /// Counts changes; use does not change it.
    package let version: Int
    package let createdAt: Timestamp
    package let updatedAt: Timestamp

    /// What is known about whether the provider accepts it.
    package enum State: String, Sendable, CaseIterable {
        case untested
        case valid
        /// The provider has refused it.
        case invalid
    }

    package init(
        id: ID<Credential>, provider: String, owner: String?, name: String?, type: String, environment: String,
        hint: String?, state: State, isActive: Bool, metadata: String, uiMetadata: String, expiresAt: Timestamp?,
        lastUsedAt: Timestamp?, version: Int, createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.id = id
        self.provider = provider
        self.owner = owner
        self.name = name
        self.type = type
        self.environment = environment
        self.hint = hint
        self.state = state
        self.isActive = isActive
        self.metadata = metadata
        self.uiMetadata = uiMetadata
        self.expiresAt = expiresAt
        self.lastUsedAt = lastUsedAt
        self.version = version
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// What a request does to a value that can be absent.
package enum OptionalChange<Value: Sendable & Equatable>: Sendable, Equatable {
    case keep
    case remove
    case set(Value)

    /// Whether the request names the value.
    package var isNamed: Bool { self != .keep }

    package var value: Value? { if case .set(let value) = self { value } else { nil } }
}

/// The parts of a credential, its secret apart, that a request names; what it leaves out stays as it was.
package struct CredentialChange: Sendable, Equatable {
    package var name = OptionalChange<String>.keep
    package var environment: String?
    /// The texts of JSON objects.
    package var metadata: String?
    package var uiMetadata: String?
    package var expiresAt = OptionalChange<Timestamp>.keep
    package var isActive: Bool?

    package init() {}

    package var isEmpty: Bool { self == CredentialChange() }
}
