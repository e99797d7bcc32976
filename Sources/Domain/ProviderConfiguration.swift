/// How a provider is called, as administrators see and change it.
package struct ProviderConfiguration: Sendable, Equatable {
    package let provider: String
    /// Whether the installation has a key for it.
    package let hasKey: Bool
    package let enabled: Bool
    package let priority: Int
    /// Nil does not limit.
    package let requestsPerMinute: Int?
    package let requestsPerHour: Int?
    package let requestsPerDay: Int?
    package let timeoutMilliseconds: Int
    package let maxRetries: Int
    package let retryDelayMilliseconds: Int
    /// The models that are offered, by name.
    package let models: [String]
    /// The model that is called when nobody names one.
    package let activeModel: String?
    package let lowBalanceThreshold: ExactDecimalSum
    package let currency: String
    /// Counts changes.
    package let version: Int

    package init(
        provider: String, hasKey: Bool, enabled: Bool, priority: Int, requestsPerMinute: Int?, requestsPerHour: Int?,
        requestsPerDay: Int?, timeoutMilliseconds: Int, maxRetries: Int, retryDelayMilliseconds: Int,
        models: [String], activeModel: String?, lowBalanceThreshold: ExactDecimalSum, currency: String, version: Int
    ) {
        self.provider = provider
        self.hasKey = hasKey
        self.enabled = enabled
        self.priority = priority
        self.requestsPerMinute = requestsPerMinute
        self.requestsPerHour = requestsPerHour
        self.requestsPerDay = requestsPerDay
        self.timeoutMilliseconds = timeoutMilliseconds
        self.maxRetries = maxRetries
        self.retryDelayMilliseconds = retryDelayMilliseconds
        self.models = models
        self.activeModel = activeModel
        self.lowBalanceThreshold = lowBalanceThreshold
        self.currency = currency
        self.version = version
    }
}

/// What a request does to a limit.
package enum LimitChange: Sendable, Equatable {
    case keep
    case lift
    case set(Int)

    /// Whether the request names the limit.
    package var isNamed: Bool { self != .keep }

    package var value: Int? { if case .set(let value) = self { value } else { nil } }
}

/// The parts of a configuration that a request names; what it leaves out stays as it was.
package struct ProviderConfigurationChange: Sendable, Equatable {
    package var enabled: Bool?
    package var priority: Int?
    package var requestsPerMinute = LimitChange.keep
    package var requestsPerHour = LimitChange.keep
    package var requestsPerDay = LimitChange.keep
    package var timeoutMilliseconds: Int?
    package var maxRetries: Int?
    package var retryDelayMilliseconds: Int?
    /// These are offered and no others.
    package var models: [String]?
    package var activeModel: String?
    package var lowBalanceThreshold: ExactDecimal?
    package var currency: String?

    package init() {}

    package var isEmpty: Bool { self == ProviderConfigurationChange() }
}
