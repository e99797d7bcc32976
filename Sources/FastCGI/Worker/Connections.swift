import Glibc
import Synchronization

/// The connections of a worker that are open, so that all are closed when it ends.
final class Connections: Sendable {
    private let open = Mutex(Set<Int32>())

    /// select() inside libfcgi cannot take descriptors above 1023; fewer are used.
    static let most = 960

    func insert(_ descriptor: Int32) -> Bool {
        guard descriptor < Self.most else { return false }
        return open.withLock { $0.insert(descriptor).inserted }
    }

    /// For a connection that somebody else has closed.
    func forget(_ descriptor: Int32) { _ = open.withLock { $0.remove(descriptor) } }

    func close(_ descriptor: Int32) {
        // Taken out first: once closed, the number may be another thread's new connection.
        if open.withLock({ $0.remove(descriptor) }) != nil { _ = Glibc.close(descriptor) }
    }

    func closeAll() {
        let rest = open.withLock { open in
            defer { open = [] }
            return open
        }
        for descriptor in rest { _ = Glibc.close(descriptor) }
    }
}
