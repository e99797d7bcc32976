import Foundation

/// A moment on the monotonic clock by which something must be done.
package struct Deadline: Sendable {
    private let nanoseconds: UInt64

    package init(afterMilliseconds milliseconds: Int) {
        // Longer than the machine will run is as good as any longer.
        nanoseconds = Self.clock() + min(UInt64(clamping: milliseconds), UInt64.max / 4_000_000) * 1_000_000
    }

    /// Milliseconds that remain, 0 when it has passed.
    package var remainingMilliseconds: Int {
        let now = Self.clock()
        return now >= nanoseconds ? 0 : Int(clamping: (nanoseconds - now) / 1_000_000)
    }

    /// Nanoseconds since an arbitrary start; a change of the wall clock does not move it.
    package static func clock() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
