/// What was used in some time.
package struct UsageFigures: Sendable, Equatable {
    package let requests: Int
    package let successful: Int
    package let failed: Int
    /// In the provider's currency.
    package let cost: ExactDecimalSum
    /// Milliseconds, of the requests whose response time is known; nil where there is none.
    package let averageResponseTime: Int?

    package init(
        requests: Int, successful: Int, failed: Int, cost: ExactDecimalSum, averageResponseTime: Int?
    ) {
        self.requests = requests
        self.successful = successful
        self.failed = failed
        self.cost = cost
        self.averageResponseTime = averageResponseTime
    }

    /// Of no requests.
    package static let none = UsageFigures(
        requests: 0, successful: 0, failed: 0, cost: .zero, averageResponseTime: nil)
}

/// What usage is grouped by, and what it adds up to.
package struct UsageReport: Sendable, Equatable {
    package let total: UsageFigures
    package let parts: [UsagePart]

    package init(total: UsageFigures, parts: [UsagePart]) {
        self.total = total
        self.parts = parts
    }
}

/// The length of the parts that usage is grouped by.
package enum UsageUnit: String, CaseIterable, Sendable {
    case day
    /// ISO weeks, which begin on Monday.
    case week
    case month
}

/// The usage of one day, week or month, which its first day names.
package struct UsagePart: Sendable, Equatable {
    package let date: String
    package let figures: UsageFigures

    package init(date: String, figures: UsageFigures) {
        self.date = date
        self.figures = figures
    }
}

/// The usage of one model.
package struct ModelUsage: Sendable, Equatable {
    package let modelID: String
    /// Nil for a model that the catalogue does not have.
    package let modelName: String?
    package let figures: UsageFigures

    package init(modelID: String, modelName: String?, figures: UsageFigures) {
        self.modelID = modelID
        self.modelName = modelName
        self.figures = figures
    }
}

/// One provider's part of all usage.
package struct ProviderUsage: Sendable, Equatable {
    package let provider: String
    package let requests: Int
    /// In the provider's currency.
    package let cost: ExactDecimalSum
    /// The share of the requests. Those of one summary add up to exactly 100.
    package let percentage: ExactDecimalSum

    package init(provider: String, requests: Int, cost: ExactDecimalSum, percentage: ExactDecimalSum) {
        self.provider = provider
        self.requests = requests
        self.cost = cost
        self.percentage = percentage
    }
}

/// The usage of all providers.
package struct UsageSummary: Sendable, Equatable {
    package let requests: Int
    /// Nil when the providers' currencies differ: they have no sum.
    package let cost: ExactDecimalSum?
    package let providers: [ProviderUsage]

    package init(requests: Int, cost: ExactDecimalSum?, providers: [ProviderUsage]) {
        self.requests = requests
        self.cost = cost
        self.providers = providers
    }
}
