import Glibc

/// A moment on the monotonic clock; a change of the wall clock does not move it.
struct Moment: Comparable, Sendable {
    private let nanoseconds: UInt64

    static var now: Moment {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Moment(nanoseconds: UInt64(clamping: time.tv_sec) &* 1_000_000_000 &+ UInt64(clamping: time.tv_nsec))
    }

    /// The moment that many milliseconds later; a negative number counts as 0, a huge one as centuries.
    func adding(milliseconds: Int) -> Moment {
        // 10^12 ms are 31 years: far beyond any limit, far below an overflow.
        let bounded = UInt64(clamping: min(milliseconds, 1_000_000_000_000))
        return Moment(nanoseconds: nanoseconds &+ bounded &* 1_000_000)
    }

    /// Milliseconds until the moment, rounded up so that a wait for them does not end too early; 0 when it has passed.
    var remainingMilliseconds: Int {
        let now = Moment.now.nanoseconds
        guard nanoseconds > now else { return 0 }
        return Int(clamping: (nanoseconds - now + 999_999) / 1_000_000)
    }

    var hasPassed: Bool { remainingMilliseconds == 0 }

    /// The form that `pthread_cond_timedwait` takes, for a condition on the monotonic clock.
    var timeSpecification: timespec {
        timespec(
            tv_sec: Int(clamping: nanoseconds / 1_000_000_000), tv_nsec: Int(clamping: nanoseconds % 1_000_000_000))
    }

    static func < (left: Moment, right: Moment) -> Bool { left.nanoseconds < right.nanoseconds }
}
