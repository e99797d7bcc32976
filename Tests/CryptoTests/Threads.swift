import Foundation
import Synchronization

/// Runs `body` on `count` threads at once and returns what each of them made.
func onThreads<Result: Sendable>(_ count: Int, _ body: @escaping @Sendable () -> Result) -> [Result] {
    let results = Results<Result>()
    for _ in 0..<count {
        let thread = Thread { results.add(body()) }
        thread.stackSize = 2 << 20
        thread.start()
    }
    return results.wait(for: count)
}

private final class Results<Result: Sendable>: Sendable {
    private let values = Mutex<[Result]>([])

    func add(_ value: Result) { values.withLock { $0.append(value) } }

    /// Waits up to half a minute; fewer results than asked for mean that a thread hangs.
    func wait(for count: Int) -> [Result] {
        for _ in 0..<3_000 {
            let done = values.withLock { $0 }
            if done.count == count { return done }
            usleep(10_000)
        }
        return values.withLock { $0 }
    }
}
