import Locks

/// Where a target writes its log: a level (`error`, `warning`, `info`) and a sentence.
package typealias Log = @Sendable (_ level: String, _ message: String) -> Void

/// Lets one message a second through and counts the rest, so that a misbehaving client cannot fill the disk.
final class LogGate: Sendable {
    private struct State {
        var nextMilliseconds = Int.min
        var suppressed = 0
    }

    private let log: Log
    private let state = Guarded(State())

    init(_ log: @escaping Log) { self.log = log }

    /// Logs the message, unless another one was logged within the last second.
    func write(_ level: String, _ message: @autoclosure () -> String) {
        let now = MonotonicClock.milliseconds()
        let suppressed = state.withLock { state -> Int? in
            guard now >= state.nextMilliseconds else {
                state.suppressed &+= 1
                return nil
            }
            defer { state = State(nextMilliseconds: now &+ 1_000, suppressed: 0) }
            return state.suppressed
        }
        guard let suppressed else { return }
        log(level, suppressed == 0 ? message() : "\(message()) (and \(suppressed) more messages since the last)")
    }
}
