import CFastCGI
import Glibc

/// One epoll instance, shared by the threads that wait on it.
final class Epoll: Sendable {
    private let descriptor: Int32

    /// How a descriptor is watched.
    enum Interest {
        /// Reported to one thread, then silent until `arm` is called again.
        case once
        /// Reported as long as it is readable.
        case level
        /// As `level`, but of several processes that watch the same socket only some are woken.
        case exclusive

        fileprivate var events: UInt32 {
            switch self {
            case .once: UInt32(fastcgi_epoll_readable | fastcgi_epoll_once)
            case .level: UInt32(fastcgi_epoll_readable)
            case .exclusive: UInt32(fastcgi_epoll_readable | fastcgi_epoll_exclusive)
            }
        }
    }

    init() throws(SystemError) {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        if descriptor < 0 { throw .last("epoll_create1") }
    }

    deinit { close(descriptor) }

    /// Starts watching; 0 or the errno (EEXIST when it is watched already).
    @discardableResult
    func add(_ watched: Int32, _ interest: Interest) -> Int32 {
        fastcgi_epoll_control(descriptor, EPOLL_CTL_ADD, watched, interest.events)
    }

    /// Watches a connection for one more event, whether it is known already or not; 0 or the errno.
    func arm(_ connection: Int32) -> Int32 {
        let events = Interest.once.events
        let outcome = fastcgi_epoll_control(descriptor, EPOLL_CTL_MOD, connection, events)
        guard outcome == ENOENT else { return outcome }
        let added = fastcgi_epoll_control(descriptor, EPOLL_CTL_ADD, connection, events)
        guard added == EEXIST else { return added }
        return fastcgi_epoll_control(descriptor, EPOLL_CTL_MOD, connection, events)
    }

    /// Stops watching; no error when it was not watched.
    func remove(_ watched: Int32) {
        _ = fastcgi_epoll_control(descriptor, EPOLL_CTL_DEL, watched, 0)
    }

    /// The next readable descriptor; nil when the time passed (-1 waits for ever) or a signal came.
    func wait(milliseconds: Int32) -> Int32? {
        let ready = fastcgi_epoll_wait(descriptor, milliseconds)
        return ready < 0 ? nil : ready
    }
}
