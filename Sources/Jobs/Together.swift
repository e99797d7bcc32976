import Foundation
import Locks

/// Works on several things at a time, because each of them mostly waits for somebody else.
enum Together {
    /// Threads for one call.
    private static let most = 8
    private static let napMicroseconds: UInt32 = 20_000

    /// Calls `body` once for each element and returns when all calls have. The calling thread works too, so that all is
    /// done even where the system has no other thread to spare.
    static func forEach<Element: Sendable>(_ elements: [Element], _ body: @escaping @Sendable (Element) -> Void) {
        let waiting = Guarded(elements)
        let working = Guarded(0)
        let work = { @Sendable in while let element = waiting.withLock({ $0.popLast() }) { body(element) } }
        for _ in 1..<max(1, min(most, elements.count)) {
            working.withLock { $0 += 1 }
            let isStarted = DetachedThread.start(stackSize: DetachedThread.stackSizeForJSON) {
                work()
                working.withLock { $0 -= 1 }
            }
            if !isStarted { working.withLock { $0 -= 1 } }
        }
        work()
        while working.withLock({ $0 > 0 }) { usleep(napMicroseconds) }
    }
}
