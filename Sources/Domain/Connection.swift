/// The provider that an owner has configured for chat (contract 1's "AI provider").
package struct Connection: Sendable {
    package let id: ID<Connection>
    package let providerName: String
    /// Switched on by the owner, and with a credential that the provider has not refused.
    package let isActive: Bool
    package let settings: ModelSettings
    package let usageCount: Int
    package let totalTokens: Int
    /// The sum of the known costs, in US dollars.
    package let totalCost: ExactDecimalSum
    package let lastUsedAt: Timestamp?
    package let createdAt: Timestamp
    package let updatedAt: Timestamp
    /// Counts changes of the configuration; usage does not change it.
    package let version: Int

    package init(
        id: ID<Connection>, providerName: String, isActive: Bool, settings: ModelSettings, usageCount: Int,
        totalTokens: Int, totalCost: ExactDecimalSum, lastUsedAt: Timestamp?, createdAt: Timestamp,
        updatedAt: Timestamp, version: Int
    ) {
        self.id = id
        self.providerName = providerName
        self.isActive = isActive
        self.settings = settings
        self.usageCount = usageCount
        self.totalTokens = totalTokens
        self.totalCost = totalCost
        self.lastUsedAt = lastUsedAt
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.version = version
    }
}

/// Which model a connection calls and how.
package struct ModelSettings: Sendable, Equatable {
    package var model: String
    package var temperature: ExactDecimal?
    package var maxTokens: Int?
    package var topP: ExactDecimal?
    package var frequencyPenalty: ExactDecimal?
    package var presencePenalty: ExactDecimal?

    package init(
        model: String, temperature: ExactDecimal? = nil, maxTokens: Int? = nil, topP: ExactDecimal? = nil,
        frequencyPenalty: ExactDecimal? = nil, presencePenalty: ExactDecimal? = nil
    ) {
        self.model = model
        self.temperature = temperature
        self.maxTokens = maxTokens
        self.topP = topP
        self.frequencyPenalty = frequencyPenalty
        self.presencePenalty = presencePenalty
    }
}

/// The settings that a request names; what it leaves out stays as it was.
package struct ModelSettingsChange: Sendable, Equatable {
    package var model: String?
    package var temperature: ExactDecimal?
    package var maxTokens: Int?
    package var topP: ExactDecimal?
    package var frequencyPenalty: ExactDecimal?
    package var presencePenalty: ExactDecimal?

    package init() {}

    package var isEmpty: Bool { self == ModelSettingsChange() }
}

/// A provider's credential of an owner, a row that is only named here by its ID.
package enum Credential {}
/// A call to a provider, as it is accounted.
package enum ProviderRequest {}
