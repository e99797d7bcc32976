import CFastCGI
import Glibc

/// A counter in the kernel (eventfd, semaphore semantics) that threads wait for and epoll can watch.
final class Event: Sendable {
    let descriptor: Int32

    init() throws(SystemError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_SEMAPHORE | EFD_NONBLOCK))
        if descriptor < 0 { throw .last("eventfd") }
    }

    deinit { close(descriptor) }

    /// Adds one to the counter.
    func signal() { eventfd_write(descriptor, 1) }

    /// Takes one from the counter without waiting; false when it was zero.
    func take() -> Bool {
        var value: UInt64 = 0
        while eventfd_read(descriptor, &value) != 0 {
            if errno != EINTR { return false }
        }
        return true
    }

    /// Waits until the counter is above zero, without taking from it; false when the time passed first.
    func wait(milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, milliseconds) > 0
    }
}
