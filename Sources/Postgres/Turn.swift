import Foundation

/// One thread's place in a queue: it waits on its own condition, so whoever grants wakes exactly this one.
///
/// Unchecked, because the mutex and the condition are C structures; `isGranted` is only touched under the mutex.
final class Turn: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var isGranted = false

    init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func grant() {
        pthread_mutex_lock(mutex)
        isGranted = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Whether it was granted before the limit.
    func wait(until limit: TimeLimit) -> Bool {
        var absolute = limit.absolute
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !isGranted {
            guard pthread_cond_timedwait(condition, mutex, &absolute) == 0 else { return isGranted }
        }
        return true
    }
}
