import CFastCGI
import Glibc

/// A descriptor that a poller watches and any thread can make readable. It closes when nobody holds it any more, so that
/// a late `ring` never writes into somebody else's descriptor.
final class WakeUp: Sendable {
    let descriptor: Int32

    init() throws(ListenerError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw ListenerError("eventfd", errno: errno) }
    }

    /// A full counter is readable already, so a write that fails is none that is missed.
    func ring() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }

    func clear() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
    }

    deinit { close(descriptor) }
}
