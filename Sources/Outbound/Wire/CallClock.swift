import Glibc

/// The deadlines of one call, on the monotonic clock: setting the wall clock neither shortens nor lengthens it.
struct CallClock {
    private let end: UInt64
    private let idle: UInt64

    init(deadlineMilliseconds: Int, idleMilliseconds: Int) {
        end = Self.now() &+ UInt64(clamping: deadlineMilliseconds) &* 1_000_000
        idle = UInt64(clamping: idleMilliseconds) &* 1_000_000
    }

    /// Milliseconds until the deadline, rounded up; 0 when it has passed.
    var remaining: Int { Self.milliseconds(until: end) }

    /// Waits until the descriptor is ready, at most until the deadline and no longer than one silence may last.
    func wait(_ descriptor: Int32, for events: Int32, _ phase: String, atMost milliseconds: Int? = nil)
        throws(OutboundError)
    {
        let silence = Self.now() &+ min(idle, UInt64(clamping: milliseconds ?? .max) &* 1_000_000)
        let limit = min(end, silence)
        while true {
            let left = Self.milliseconds(until: limit)
            guard left > 0 else { throw .timedOut(phase) }
            var entry = pollfd(fd: descriptor, events: Int16(truncatingIfNeeded: events), revents: 0)
            let count = poll(&entry, 1, Int32(clamping: left))
            if count > 0 { return }
            if count < 0, errno != EINTR { throw .closed }
        }
    }

    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    private static func milliseconds(until moment: UInt64) -> Int {
        let now = now()
        return now >= moment ? 0 : Int(clamping: (moment - now + 999_999) / 1_000_000)
    }
}
