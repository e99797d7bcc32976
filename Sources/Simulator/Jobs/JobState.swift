import Domain

/// How far a generation is: a function of its ticket, the time, and whether somebody cancelled it.
enum JobState: Equatable, Sendable {
    case queued
    /// With the thousandths that are done.
    case running(permille: Int)
    case succeeded, failed, moderated, cancelled

    /// Milliseconds after submission.
    static let startsAfter: Int64 = 1_000
    static let endsAfter: Int64 = 3_000

    init(_ ticket: JobTicket, now: Timestamp, isCancelled: Bool) {
        let elapsed = now.microseconds / 1_000 - ticket.submittedMilliseconds
        if isCancelled {
            self = .cancelled
        } else if ticket.course != .instant, elapsed < Self.startsAfter {
            self = .queued
        } else if ticket.course == .endless {
            self = .running(permille: 500)
        } else if ticket.course != .instant, elapsed < Self.endsAfter {
            self = .running(permille: Int((elapsed - Self.startsAfter) * 1_000 / (Self.endsAfter - Self.startsAfter)))
        } else {
            self = ticket.course == .failed ? .failed : ticket.course == .moderated ? .moderated : .succeeded
        }
    }

    var isFinal: Bool {
        switch self {
        case .queued, .running: false
        case .succeeded, .failed, .moderated, .cancelled: true
        }
    }

    /// `0`, `0.25` or `1`.
    static func fraction(permille: Int) -> String {
        guard 1..<1_000 ~= permille else { return permille > 0 ? "1" : "0" }
        return "0." + String(repeating: "0", count: 3 - String(permille).count) + String(permille)
    }
}
