import Glibc
import Synchronization

/// Bodies that a thread waits for. The time limit on a single read does not end one that drips.
final class Transfers: Sendable {
    /// By connection: until when it may take.
    private let underWay = Mutex([Int32: UInt64]())

    func begin(_ descriptor: Int32, deadline: UInt64) { underWay.withLock { $0[descriptor] = deadline } }

    /// Before the connection can be closed: the number is somebody else's then.
    func end(_ descriptor: Int32) { underWay.withLock { $0[descriptor] = nil } }

    var isEmpty: Bool { underWay.withLock { $0.isEmpty } }

    /// Ends the reading side of what is overdue, under the lock that `end` waits for. An answer still goes out.
    func cut(at now: UInt64) {
        underWay.withLock { underWay in
            for (descriptor, deadline) in underWay where deadline < now {
                shutdown(descriptor, Int32(SHUT_RD))
                underWay[descriptor] = nil
            }
        }
    }
}
