/// How well a provider answers. A provider that was never asked has none: callers are shown `unknown`.
package enum HealthStatus: String, Sendable, CaseIterable {
    case healthy
    /// It answers, but slowly, or says that it has too much to do.
    case degraded
    case down
}

/// What one check of a provider found.
package struct HealthFinding: Sendable, Equatable {
    /// What asked for the check.
    package enum Reason: String, Sendable, CaseIterable {
        case manual
        case scheduled
        /// Somebody tested the connection.
        case connection
        /// Somebody gave the provider a new key.
        case key
    }

    package let status: HealthStatus
    /// Milliseconds until the answer; nil when there was none.
    package let responseMilliseconds: Int?
    /// A kind of `UpstreamFailure`, or `slow`; nil for a healthy provider.
    package let errorKind: String?
    /// In our words, never the provider's; nil for a healthy provider.
    package let errorMessage: String?
    package let reason: Reason

    package init(
        status: HealthStatus, responseMilliseconds: Int?, errorKind: String? = nil, errorMessage: String? = nil,
        reason: Reason
    ) {
        self.status = status
        self.responseMilliseconds = responseMilliseconds
        self.errorKind = errorKind
        self.errorMessage = errorMessage
        self.reason = reason
    }

    /// What a provider is whose answer, good or bad, took so long. A successful answer above `slowMilliseconds` is
    /// degraded, and so is a provider that asks to be asked less often; any other failure is down.
    package init(_ failure: UpstreamFailure?, of provider: String, after milliseconds: Int, reason: Reason) {
        guard let failure else {
            let isSlow = milliseconds > Self.slowMilliseconds
            self.init(
                status: isSlow ? .degraded : .healthy, responseMilliseconds: milliseconds,
                errorKind: isSlow ? Self.slow : nil,
                errorMessage: isSlow ? "\(provider) took longer than five seconds to answer" : nil, reason: reason)
            return
        }
        self.init(
            status: [.rateLimited, .overloaded].contains(failure.kind) ? .degraded : .down,
            // Without a status nothing answered, and the time is that of our own patience.
            responseMilliseconds: failure.status == nil ? nil : milliseconds, errorKind: failure.kind.rawValue,
            errorMessage: failure.message, reason: reason)
    }

    /// Whether the provider did what it was asked to, however long it took.
    package var succeeded: Bool { errorKind == nil || errorKind == Self.slow }

    /// Whether the provider says that the key is not one of its keys.
    package var refusedCredential: Bool { errorKind == UpstreamFailure.Kind.invalidCredential.rawValue }

    /// A check that costs nothing answers in well under a second everywhere; who waits five seconds for it is not well
    /// served by generations either.
    package static let slowMilliseconds = 5_000
    private static let slow = "slow"
}
