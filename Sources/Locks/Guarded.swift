import Glibc

/// A value that one thread at a time may touch.
///
/// `Synchronization.Mutex` does the same, but on Linux it spins and then takes a priority-inheritance futex: with
/// sixteen threads on two cores, waiting for it was a quarter of a worker's processor time. This is a plain pthread
/// mutex, which sleeps at once.
///
/// Sendable because the value is reached through the lock only.
package final class Guarded<Value>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var value: Value

    package init(_ value: sending Value) {
        self.value = value
        mutex = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Runs `body` while no other thread is inside. Calling it again from inside never returns.
    package func withLock<Result, E: Error>(_ body: (inout Value) throws(E) -> Result) throws(E) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}
