import Foundation

/// A moment on the monotonic clock at which a wait ends; `nil` milliseconds wait without end.
struct TimeLimit {
    private let end: UInt64?

    init(milliseconds: Int?) {
        guard let milliseconds else {
            end = nil
            return
        }
        end = Self.now() + UInt64(clamping: min(milliseconds, Self.longest)) * 1_000_000
    }

    /// About 24 days, what `poll` can wait for.
    private static let longest = Int(Int32.max)

    /// What remains, rounded up, for `poll`: -1 is no limit and 0 is over.
    var pollMilliseconds: Int32 {
        guard let end else { return -1 }
        let now = Self.now()
        return now >= end ? 0 : Int32(clamping: (end - now + 999_999) / 1_000_000)
    }

    var isOver: Bool { pollMilliseconds == 0 }

    /// The moment as `pthread_cond_timedwait` wants it on a condition with the monotonic clock.
    var absolute: timespec {
        let end = end ?? UInt64(Int64.max)
        return timespec(tv_sec: Int(end / 1_000_000_000), tv_nsec: Int(end % 1_000_000_000))
    }

    /// Nanoseconds since an arbitrary start; a change of the wall clock does not move it.
    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// Waits until `descriptor` is ready for one of `events` or is broken; 0 when the limit passed first.
func awaitReady(_ descriptor: Int32, _ events: Int32, _ limit: TimeLimit) -> Int16 {
    var entry = pollfd(fd: descriptor, events: Int16(truncatingIfNeeded: events), revents: 0)
    while true {
        let count = poll(&entry, 1, limit.pollMilliseconds)
        if count > 0 { return entry.revents }
        if count == 0 { return 0 }
        // Anything but a signal means that the descriptor cannot be waited for; libpq will say why.
        if errno != EINTR { return Int16(truncatingIfNeeded: POLLERR) }
    }
}
