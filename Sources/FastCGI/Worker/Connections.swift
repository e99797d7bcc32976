import Glibc
import Synchronization

/// The connections of a worker that wait for a request, so that all are closed when it ends.
final class Connections: Sendable {
    private struct Open {
        var all: Set<Int32> = []
        /// Accepted, and nothing has come yet.
        var fresh: Set<Int32> = []
    }

    private let open = Mutex(Open())

    /// Of the 1,024 descriptors that a process usually has, some are for the database and for providers.
    static let most = 960

    /// False when there are too many.
    func insert(_ descriptor: Int32, isFresh: Bool = false) -> Bool {
        guard descriptor < Self.most else { return false }
        return open.withLock { open in
            if isFresh { open.fresh.insert(descriptor) }
            return open.all.insert(descriptor).inserted
        }
    }

    /// Somebody has connected and is about to send a request.
    var hasFresh: Bool { open.withLock { !$0.fresh.isEmpty } }

    var waiting: [Int32] { open.withLock { Array($0.all) } }

    /// For a connection that somebody else takes over. False when it is not one of these.
    @discardableResult
    func forget(_ descriptor: Int32) -> Bool {
        open.withLock { open in
            open.fresh.remove(descriptor)
            return open.all.remove(descriptor) != nil
        }
    }

    func close(_ descriptor: Int32) {
        // Taken out first: once closed, the number may be another thread's new connection.
        if forget(descriptor) { _ = Glibc.close(descriptor) }
    }
}
