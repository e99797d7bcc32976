import CFastCGI
import Glibc

/// An epoll instance. Its calls are safe from any thread; it closes when nobody holds it any more.
final class Poller: Sendable {
    private let descriptor: Int32

    enum Interest {
        /// Reported to one thread, then silent until it is asked for again.
        case once
        /// Reported at each arrival of octets.
        case eachArrival
        /// Reported as long as it lasts, to one of the processes that wait for it.
        case shared
        /// Reported to everybody as long as it lasts.
        case always

        fileprivate var events: UInt32 {
            let readable = EPOLLIN.rawValue
            return switch self {
            case .once: readable | EPOLLRDHUP.rawValue | EPOLLONESHOT.rawValue
            case .eachArrival: readable | EPOLLRDHUP.rawValue | EPOLLET.rawValue
            case .shared: readable | EPOLLEXCLUSIVE.rawValue
            case .always: readable
            }
        }
    }

    init() throws(ListenerError) {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw ListenerError("epoll_create1", errno: errno) }
    }

    /// False when the kernel does not take it; the caller then closes the descriptor.
    func add(_ watched: Int32, _ interest: Interest) -> Bool {
        var event = epoll_event(events: interest.events, data: epoll_data_t(fd: watched))
        return epoll_ctl(descriptor, EPOLL_CTL_ADD, watched, &event) == 0
    }

    func rearm(_ watched: Int32) -> Bool {
        var event = epoll_event(events: Interest.once.events, data: epoll_data_t(fd: watched))
        return epoll_ctl(descriptor, EPOLL_CTL_MOD, watched, &event) == 0
    }

    func remove(_ watched: Int32) { _ = epoll_ctl(descriptor, EPOLL_CTL_DEL, watched, nil) }

    /// A descriptor with something to read; nil when the time is over.
    func wait(milliseconds: Int32) -> Int32? {
        var event = epoll_event()
        return epoll_wait(descriptor, &event, 1, milliseconds) == 1 ? event.data.fd : nil
    }

    /// At most two descriptors with something to read, at once: beside one that is always ready there is room for
    /// another.
    func readyNow() -> [Int32] {
        withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 2) { events in
            let count = epoll_wait(descriptor, events.baseAddress, 2, 0)
            return events.prefix(max(0, Int(count))).map { $0.data.fd }
        }
    }

    deinit { close(descriptor) }
}
