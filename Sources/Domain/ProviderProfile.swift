/// A provider with everything that contract 3 shows of it.
package struct ProviderProfile: Sendable, Equatable {
    package let id: String
    package let slug: String
    package let displayName: String
    package let kind: String
    package let authType: String
    package let enabled: Bool
    package let priority: Int
    package let timeoutMilliseconds: Int
    package let defaultModel: String?
    /// By name.
    package let capabilities: [String]
    /// The text of a JSON object.
    package let preferences: String
    /// Calls ever made, whatever became of them.
    package let usageCount: Int
    /// Credentials of the installation, in all environments.
    package let credentials: Int
    /// Those of them that calls can be made with.
    package let usableCredentials: Int
    /// Models that are offered.
    package let models: Int
    /// That of the newest check, and when that was; nil when there is none.
    package let health: HealthStatus?
    package let lastHealthCheck: Timestamp?
    /// Counts changes.
    package let version: Int
    package let createdAt: Timestamp
    package let updatedAt: Timestamp

    package init(
        id: String, slug: String, displayName: String, kind: String, authType: String, enabled: Bool, priority: Int,
        timeoutMilliseconds: Int, defaultModel: String?, capabilities: [String], preferences: String, usageCount: Int,
        credentials: Int, usableCredentials: Int, models: Int, health: HealthStatus?, lastHealthCheck: Timestamp?,
        version: Int, createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.id = id
        self.slug = slug
        self.displayName = displayName
        self.kind = kind
        self.authType = authType
        self.enabled = enabled
        self.priority = priority
        self.timeoutMilliseconds = timeoutMilliseconds
        self.defaultModel = defaultModel
        self.capabilities = capabilities
        self.preferences = preferences
        self.usageCount = usageCount
        self.credentials = credentials
        self.usableCredentials = usableCredentials
        self.models = models
        self.health = health
        self.lastHealthCheck = lastHealthCheck
        self.version = version
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// Which providers a list is about; nil does not filter.
package struct ProviderFilter: Sendable {
    /// A part of the slug or the name, in any case.
    package let text: String?
    package let capability: String?
    package let enabled: Bool?

    package init(text: String?, capability: String?, enabled: Bool?) {
        self.text = text
        self.capability = capability
        self.enabled = enabled
    }
}

/// The parts of a provider that a request names; what it leaves out stays as it was.
package struct ProviderProfileChange: Sendable, Equatable {
    package var enabled: Bool?
    package var priority: Int?
    package var timeoutMilliseconds: Int?
    package var defaultModel: String?
    package var capabilities: [String]?
    /// The text of a JSON object.
    package var preferences: String?

    package init() {}

    package var isEmpty: Bool { self == ProviderProfileChange() }
}
