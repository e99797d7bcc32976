import Glibc

/// The clock that a change of the wall clock does not move.
enum MonotonicClock {
    /// Milliseconds since an arbitrary start.
    static func milliseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec &* 1_000 &+ time.tv_nsec / 1_000_000
    }
}
