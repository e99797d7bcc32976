/// What the stored checks say about a provider.
package struct ProviderHealth: Sendable {
    package let provider: String
    /// That of the newest check; nil when there is none.
    package let status: HealthStatus?
    package let lastChecked: Timestamp?
    /// Of the newest check.
    package let responseMilliseconds: Int?
    /// Per cent of the checks of the last 24 hours that did not find it down.
    package let successRate: ExactDecimalSum?
    /// Per cent of the time of which something is known.
    package let uptime24Hours: ExactDecimalSum?
    package let uptime7Days: ExactDecimalSum?
    package let uptime30Days: ExactDecimalSum?

    package init(
        provider: String, status: HealthStatus?, lastChecked: Timestamp?, responseMilliseconds: Int?,
        successRate: ExactDecimalSum?, uptime24Hours: ExactDecimalSum?, uptime7Days: ExactDecimalSum?,
        uptime30Days: ExactDecimalSum?
    ) {
        self.provider = provider
        self.status = status
        self.lastChecked = lastChecked
        self.responseMilliseconds = responseMilliseconds
        self.successRate = successRate
        self.uptime24Hours = uptime24Hours
        self.uptime7Days = uptime7Days
        self.uptime30Days = uptime30Days
    }
}

/// A check that found a provider degraded or down.
package struct HealthProblem: Sendable {
    package let at: Timestamp
    package let status: HealthStatus
    /// A kind of `UpstreamFailure`, or `slow`.
    package let kind: String?
    package let message: String?
    package let responseMilliseconds: Int?

    package init(
        at: Timestamp, status: HealthStatus, kind: String?, message: String?, responseMilliseconds: Int?
    ) {
        self.at = at
        self.status = status
        self.kind = kind
        self.message = message
        self.responseMilliseconds = responseMilliseconds
    }
}
