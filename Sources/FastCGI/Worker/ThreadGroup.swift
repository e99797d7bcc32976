import Foundation

/// Threads that are waited for together. Guarded by `condition`.
final class ThreadGroup: @unchecked Sendable {
    private let condition = NSCondition()
    private var running = 0

    func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        condition.lock()
        running += 1
        condition.unlock()
        let thread = Thread { [self] in
            Signals.block()
            body()
            condition.lock()
            running -= 1
            condition.broadcast()
            condition.unlock()
        }
        thread.stackSize = Worker.stackSize
        thread.name = name
        thread.start()
    }

    func wait() {
        condition.lock()
        while running > 0 { condition.wait() }
        condition.unlock()
    }
}
