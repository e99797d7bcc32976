import Foundation
import Locks

/// Works on several things at a time, because each of them mostly waits for somebody else.
enum Together {
    /// Threads for one call.
    private static let most = 8
    private static let napMicroseconds: UInt32 = 20_000

    /// Calls `body` once for each element and returns when all calls have.
    static func forEach<Element: Sendable>(_ elements: [Element], _ body: @escaping @Sendable (Element) -> Void) {
        let waiting = Guarded(elements)
        let working = Guarded(min(most, elements.count))
        for _ in 0..<min(most, elements.count) {
            let thread = Thread {
                while let element = waiting.withLock({ $0.popLast() }) { body(element) }
                working.withLock { $0 -= 1 }
            }
            thread.stackSize = 1 << 20
            thread.start()
        }
        while working.withLock({ $0 > 0 }) { usleep(napMicroseconds) }
    }
}
