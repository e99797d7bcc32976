import Locks

/// How many exports run at a time in this process: each holds a database connection for as long as its client takes.
package final class ExportLimit: Sendable {
    private let running = Guarded(0)
    private let most: Int

    /// `most` must leave connections of the pool for everybody else.
    package init(most: Int) { self.most = most }

    /// Whether one more may run; `end` gives its place back.
    func begin() -> Bool {
        running.withLock { running in
            guard running < most else { return false }
            running += 1
            return true
        }
    }

    func end() { running.withLock { $0 -= 1 } }
}

/// One place, given back once: when the export has ended, or when its answer is dropped without having been sent.
final class ExportSlot {
    private var limit: ExportLimit?

    init(_ limit: ExportLimit) { self.limit = limit }

    func end() {
        limit?.end()
        limit = nil
    }

    deinit { end() }
}
