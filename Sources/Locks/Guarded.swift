import Glibc

/// A value that one thread at a time may touch.
///
/// `Synchronization.Mutex` does the same, but on Linux it spins and then takes a priority-inheritance futex: with
/// sixteen threads on two cores, waiting for it was a quarter of a worker's processor time. This is a plain pthread
/// mutex, which sleeps at once.
///
/// Sendable because the value is reached through the lock only. Inlinable, so that the compiler makes a version for
/// each value instead of looking up its type at each lock.
package final class Guarded<Value>: @unchecked Sendable {
    @usableFromInline let mutex: UnsafeMutablePointer<pthread_mutex_t>
    @usableFromInline var value: Value

    @inlinable package init(_ value: sending Value) {
        self.value = value
        mutex = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Runs `body` while no other thread is inside. Calling it again from inside never returns.
    @inlinable package func withLock<Result, E: Error>(_ body: (inout Value) throws(E) -> Result) throws(E) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}
