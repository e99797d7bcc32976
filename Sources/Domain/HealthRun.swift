/// A check of several providers at once, as far as it has come.
package struct HealthRun: Sendable {
    /// The job that makes the checks.
    package static let jobName = "health_runs"

    package let id: ID<HealthRun>
    package let status: Status
    package let total: Int
    package let createdAt: Timestamp
    package let finishedAt: Timestamp?
    /// By slug.
    package let items: [HealthRunItem]

    /// How far a run is.
    package enum Status: String, Sendable {
        case pending
        case running
        case completed
        case cancelled

        package var isFinished: Bool { self == .completed || self == .cancelled }
    }

    package init(
        id: ID<HealthRun>, status: Status, total: Int, createdAt: Timestamp, finishedAt: Timestamp?,
        items: [HealthRunItem]
    ) {
        self.id = id
        self.status = status
        self.total = total
        self.createdAt = createdAt
        self.finishedAt = finishedAt
        self.items = items
    }

    package var done: Int { items.count { $0.state == .done } }
}

/// One provider of a run.
package struct HealthRunItem: Sendable {
    package let provider: String
    package let state: State
    package let result: HealthRunResult
    package let checkedAt: Timestamp?

    /// How far one provider's check is.
    package enum State: String, Sendable {
        case pending
        case running
        case done
        /// The run was cancelled before it was done.
        case cancelled
    }

    package init(provider: String, state: State, result: HealthRunResult, checkedAt: Timestamp?) {
        self.provider = provider
        self.state = state
        self.result = result
        self.checkedAt = checkedAt
    }
}

/// What a check within a run found. Nothing is known of a provider that was not asked.
package struct HealthRunResult: Sendable, Equatable {
    package let status: HealthStatus?
    package let responseMilliseconds: Int?
    package let errorKind: String?
    package let errorMessage: String?

    package init(status: HealthStatus?, responseMilliseconds: Int?, errorKind: String?, errorMessage: String?) {
        self.status = status
        self.responseMilliseconds = responseMilliseconds
        self.errorKind = errorKind
        self.errorMessage = errorMessage
    }

    package init(_ finding: HealthFinding) {
        self.init(
            status: finding.status, responseMilliseconds: finding.responseMilliseconds, errorKind: finding.errorKind,
            errorMessage: finding.errorMessage)
    }

    /// Of a provider that there is no key for.
    package static func withoutKey(_ provider: String) -> HealthRunResult {
        HealthRunResult(
            status: nil, responseMilliseconds: nil, errorKind: "no_credentials",
            errorMessage: "No API key is configured for \(provider)")
    }

    /// Of a provider that was switched off before its turn.
    package static func disabled(_ provider: String) -> HealthRunResult {
        HealthRunResult(
            status: nil, responseMilliseconds: nil, errorKind: "inactive",
            errorMessage: "The provider \(provider) is inactive")
    }

    /// Of a provider that this program has no adapter for.
    package static func unsupported(_ provider: String) -> HealthRunResult {
        HealthRunResult(
            status: nil, responseMilliseconds: nil, errorKind: "unsupported",
            errorMessage: "\(provider) cannot be called by this version")
    }

    /// Of a provider that could not be asked because of something here; the log says what.
    package static let notMade = HealthRunResult(
        status: nil, responseMilliseconds: nil, errorKind: "internal", errorMessage: "An internal error occurred")
}
