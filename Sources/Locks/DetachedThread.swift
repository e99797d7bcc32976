import Glibc

/// A thread nobody joins. Foundation's `Thread` does not tell when the system refuses to start one, and whoever waits for
/// its work would wait for ever.
package enum DetachedThread {
    private final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// 512 KiB: a resolver with its modules needs less than half of that.
    private static let standardStackSize = 524_288
    /// 1 MiB: what reading JSON of the allowed depth needs.
    package static let stackSizeForJSON = 1 << 20

    /// False when the thread cannot be started; `body` is then never called.
    package static func start(stackSize: Int? = nil, _ body: @escaping @Sendable () -> Void) -> Bool {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackSize ?? standardStackSize)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let work = Unmanaged.passRetained(Work(body))
        var thread = pthread_t()
        let entry: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
            if let context { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body() }
            return nil
        }
        guard pthread_create(&thread, &attributes, entry, work.toOpaque()) == 0 else {
            work.release()
            return false
        }
        return true
    }
}
