import Locks

/// What cannot be in a job's ID: that it was cancelled or deleted, and how many jobs there were.
final class JobBoard: Sendable {
    /// Cancelled jobs that are remembered; the oldest is forgotten first.
    static let capacity = 10_000

    private struct Kept {
        var marks: [String: Mark] = [:]
        var order: [String] = []
        var count = 0
    }

    enum Mark: Sendable { case cancelled, deleted }

    private let kept = Guarded(Kept())

    /// A number below 65,536, another one each time.
    func next() -> Int {
        kept.withLock { kept in
            kept.count = (kept.count + 1) % 65_536
            return kept.count
        }
    }

    func mark(_ id: String, _ mark: Mark) {
        kept.withLock { kept in
            if kept.marks.updateValue(mark, forKey: id) == nil { kept.order.append(id) }
            guard kept.order.count > Self.capacity else { return }
            kept.marks[kept.order.removeFirst()] = nil
        }
    }

    func mark(of id: String) -> Mark? { kept.withLock { $0.marks[id] } }
}
