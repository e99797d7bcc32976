import Domain

/// How much sample traffic, over which period.
package struct SamplePlan: Sendable {
    package let days: Int
    package let requests: Int
    package let seed: UInt64
    /// The end of the period.
    package let end: Timestamp

    package init(days: Int, requests: Int, seed: UInt64, end: Timestamp) {
        self.days = days
        self.requests = requests
        self.seed = seed
        self.end = end
    }

    static let quarter: Int64 = 15 * 60 * 1_000_000

    /// The beginning of the quarter of an hour, so many days before the end.
    package var start: Timestamp {
        let earliest = end.microseconds - Int64(days) * 96 * Self.quarter
        return Timestamp(microseconds: earliest - earliest % Self.quarter)
    }
}
