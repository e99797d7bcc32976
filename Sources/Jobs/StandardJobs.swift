import Domain
import Providers
import Store

/// What an installation can set about its jobs.
package struct JobSettings: Sendable {
    /// Between two scheduled checks of a provider.
    package let healthCheckSeconds: Int
    /// Scheduled checks of one provider in 24 hours.
    package let healthChecksPerDay: Int
    /// Whole months that requests are kept; 0 keeps them all.
    package let requestRetentionMonths: Int
    /// Days that prompts and answers are kept at least, by whole months; 0 keeps them as long as their requests.
    package let payloadRetentionDays: Int

    package init(
        healthCheckSeconds: Int, healthChecksPerDay: Int, requestRetentionMonths: Int, payloadRetentionDays: Int
    ) {
        self.healthCheckSeconds = healthCheckSeconds
        self.healthChecksPerDay = healthChecksPerDay
        self.requestRetentionMonths = requestRetentionMonths
        self.payloadRetentionDays = payloadRetentionDays
    }
}

extension Job {
    /// Everything that runs by itself.
    package static func standard(_ settings: JobSettings, _ client: ProviderClient) -> [Job] {
        [
            usagePosting, alertReview,
            healthChecks(
                client, everySeconds: settings.healthCheckSeconds, dailyLimit: settings.healthChecksPerDay),
            healthRuns(client), balances(client), partitions, retention(settings),
        ]
    }

    /// Takes differences out of the usage tail and adds them to the rollups and the ledger.
    static let usagePosting = Job("usage_posting", everySeconds: 1) { (run) throws(Failure) in
        // A few thousand a transaction: long enough to be cheap, short enough to leave the accounts to others.
        try run.repeatedly { (transaction) throws(Failure) in try transaction.postUsage(limit: 5_000) }
    }

    static let alertReview = Job("alert_review", everySeconds: 10) { (run) throws(Failure) in
        try run.store.transaction { (transaction) throws(Failure) in
            try transaction.reviewAlerts(of: nil, at: .now())
        }
    }

    /// Partitions of this month and the next three, so that no request falls into the default one; those that did, since
    /// they came late, get the month that they belong to.
    static let partitions = Job("partitions", everySeconds: 86_400) { (run) throws(Failure) in
        _ = try run.store.transaction { (transaction) throws(Failure) in
            try transaction.createRequestPartitions(months: 4)
        }
    }

    /// Calls may be reported for 90 days. Their IDs are known for longer, so that none is counted twice.
    private static let keyMonths = 4

    /// Ends what is no longer kept. Usage, ledger, alerts and audit stay for ever.
    static func retention(_ settings: JobSettings) -> Job {
        Job("retention", everySeconds: 86_400) { (run) throws(Failure) in
            let months = settings.requestRetentionMonths
            let days = settings.payloadRetentionDays
            if months > 0 || days > 0 {
                _ = try run.store.transaction { (transaction) throws(Failure) in
                    try transaction.dropRequestPartitions(
                        requestMonths: months > 0 ? months : nil, payloadDays: days > 0 ? days : nil)
                }
            }
            let batch = 5_000
            if months > 0 {
                try run.repeatedly { (transaction) throws(Failure) in
                    try transaction.deleteRequestKeys(olderThanMonths: max(months, keyMonths), limit: batch)
                }
            }
            try run.repeatedly { (transaction) throws(Failure) in try transaction.deleteOldAnswers(limit: batch) }
            try run.repeatedly { (transaction) throws(Failure) in try transaction.deleteOldHealthChecks(limit: batch) }
            try run.repeatedly { (transaction) throws(Failure) in try transaction.deleteOldHealthRuns(limit: batch) }
            try run.repeatedly { (transaction) throws(Failure) in
                try transaction.deleteOldReportedBalances(limit: batch)
            }
        }
    }
}
