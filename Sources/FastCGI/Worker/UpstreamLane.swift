import Foundation

/// A bounded set of threads for requests that wait for somebody else.
///
/// Its state is guarded by `condition`, which is why it may be shared between threads.
final class UpstreamLane: @unchecked Sendable {
    private let condition = NSCondition()
    private let mostThreads: Int
    private let mostWaiting: Int
    private let handle: @Sendable (FastCGIRequest) -> Void
    private var waiting: [FastCGIRequest] = []
    private var threads = 0
    private var idle = 0
    private var isStopping = false

    init(threads: Int, queue: Int, handle: @escaping @Sendable (FastCGIRequest) -> Void) {
        mostThreads = max(1, threads)
        mostWaiting = max(0, queue)
        self.handle = handle
    }

    /// Hands a request over; false when the lane is full. The request belongs to the lane then.
    func take(_ request: FastCGIRequest) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        // A thread that is idle has not woken for those that wait already.
        if waiting.count < idle {
            waiting.append(request)
            condition.signal()
        } else if threads < mostThreads {
            waiting.append(request)
            startThread()
        } else if waiting.count - idle < mostWaiting {
            waiting.append(request)
        } else {
            return false
        }
        return true
    }

    /// Waits until what was taken is done, at most until then. False when time ran out.
    func drain(until end: Date) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        isStopping = true
        condition.broadcast()
        while threads > 0 {
            if !condition.wait(until: end) { return threads == 0 }
        }
        return true
    }

    private func startThread() {
        threads += 1
        let thread = Thread { [self] in
            Signals.block()
            work()
        }
        thread.stackSize = Worker.stackSize
        thread.name = "upstream"
        thread.start()
    }

    private func work() {
        while let request = next() { handle(request) }
    }

    private func next() -> FastCGIRequest? {
        condition.lock()
        defer { condition.unlock() }
        idle += 1
        while waiting.isEmpty, !isStopping { condition.wait() }
        idle -= 1
        guard !waiting.isEmpty else {
            threads -= 1
            condition.broadcast()
            return nil
        }
        return waiting.removeFirst()
    }
}
