import Locks

/// The connections of a worker: which wait for a request, and how many are being served.
///
/// A waiting connection is an entry; whoever removes the entry owns the descriptor. A connection in
/// service is only counted, because its descriptor number may be closed, and given out again by the
/// kernel, before its owner says so.
final class ConnectionTable: Sendable {
    /// What a waiting connection waits for.
    enum Waiting: UInt8 {
        /// Its first request.
        case first = 1
        /// One more request.
        case next = 2
    }

    private struct Contents {
        var waiting: [UInt8] = []
        var waitingCount = 0
        var serving = 0
    }

    private let contents = Guarded(Contents())

    /// Waiting and in service together.
    var count: Int { contents.withLock { $0.waitingCount &+ $0.serving } }

    /// Counts a connection that is about to be accepted as being served; false, and not counted, when there is no room.
    func open(atMost limit: Int) -> Bool {
        contents.withLock { contents in
            guard contents.waitingCount &+ contents.serving < limit else { return false }
            contents.serving &+= 1
            return true
        }
    }

    /// Forgets a connection in service; returns how many there were before.
    func close() -> Int {
        contents.withLock { contents in
            defer { contents.serving &-= 1 }
            return contents.waitingCount &+ contents.serving
        }
    }

    /// Takes a waiting connection into service; nil when somebody else did.
    func claim(_ descriptor: Int32) -> Waiting? {
        contents.withLock { contents in
            guard let index = Int(exactly: descriptor), contents.waiting.indices.contains(index),
                let waiting = Waiting(rawValue: contents.waiting[index])
            else { return nil }
            contents.waiting[index] = 0
            contents.waitingCount &-= 1
            contents.serving &+= 1
            return waiting
        }
    }

    /// Gives a connection in service back to waiting.
    func release(_ descriptor: Int32, as waiting: Waiting) {
        guard let index = Int(exactly: descriptor), index >= 0 else { return }
        contents.withLock { contents in
            if index >= contents.waiting.count {
                let missing = index - contents.waiting.count + 1
                contents.waiting.append(contentsOf: repeatElement(0, count: missing))
            }
            contents.waiting[index] = waiting.rawValue
            contents.waitingCount &+= 1
            contents.serving &-= 1
        }
    }

    /// The connections that wait for this at this moment.
    func waiting(for wanted: Waiting) -> [Int32] {
        contents.withLock { contents in
            contents.waiting.indices
                .filter { contents.waiting[$0] == wanted.rawValue }
                .map { Int32(truncatingIfNeeded: $0) }
        }
    }
}
