/// Keeps a database that is away from being stormed: after a failed connection one attempt at a time, and only after
/// a pause; everybody else is refused at once with the reason of the last failure.
struct Outage {
    private var failure: (at: UInt64, reason: String)?
    private var isProbing = false

    /// Long enough that attempts cost nothing, short enough that nobody notices it after a restart.
    private static let pauseNanoseconds: UInt64 = 200_000_000

    /// Whether the caller may try to connect now; otherwise why not.
    mutating func admit(now: UInt64) -> PostgresError? {
        guard let failure else { return nil }
        guard !isProbing, now >= failure.at + Self.pauseNanoseconds else { return .unavailable(failure.reason) }
        isProbing = true
        return nil
    }

    mutating func connected() {
        failure = nil
        isProbing = false
    }

    mutating func failed(_ error: PostgresError, now: UInt64) {
        let reason = if case .unavailable(let reason) = error { reason } else { "\(error)" }
        failure = (now, reason)
        isProbing = false
    }
}
