import Glibc

/// A state with its lock, and a way to wait until it changes.
///
/// `@unchecked Sendable`: `state` is touched only between lock and unlock of `mutex`, by the two methods below. Waiting
/// uses the monotonic clock, which Foundation's conditions do not.
final class Monitor<State>: @unchecked Sendable {
    private var state: State
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init(_ state: State) {
        self.state = state
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// Changes the state and wakes everyone who waits.
    func change(_ body: (inout State) -> Void) {
        pthread_mutex_lock(mutex)
        body(&state)
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(mutex)
    }

    /// Tries `body`, at first and after every change, until it returns a value. Nil when the moment has passed.
    func wait<Value>(until deadline: Moment, _ body: (inout State) -> Value?) -> Value? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        var limit = deadline.timeSpecification
        while true {
            if let value = body(&state) { return value }
            if pthread_cond_timedwait(changed, mutex, &limit) == ETIMEDOUT { return body(&state) }
        }
    }
}
