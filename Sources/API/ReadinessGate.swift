import Domain
import Locks
import Store
import Synchronization

/// Lets requests through only when the program may serve.
///
/// Being ready sticks until a probe finds otherwise: a database that goes away later is seen by each request itself.
package final class ReadinessGate: Sendable {
    private struct State {
        var readiness = Readiness.databaseAway
        var checkedAt: UInt64?
    }

    private let state = Guarded(State())
    /// Held while the very first answer is being looked for: until there is one, everybody waits for it.
    private let first = Guarded(false)
    /// What `state` says, for the requests of a healthy installation: they take no lock.
    private let isReady = Atomic(false)
    private let check: @Sendable () -> Readiness

    package init(check: @escaping @Sendable () -> Readiness) { self.check = check }

    /// Throws `.unavailable` while the program may not serve. Asks again at most once a second.
    package func pass() throws(Failure) {
        guard isReady.load(ordering: .relaxed) || current() == .ready else { throw .unavailable(retryAfter: 2) }
    }

    /// The state of at most a second ago.
    package func current() -> Readiness {
        first.withLock { isKnown in
            if !isKnown { ask() }
            isKnown = true
        }
        let now = Deadline.clock()
        let fresh = state.withLock { state -> Readiness? in
            if let checkedAt = state.checkedAt, now < checkedAt + 1_000_000_000 { return state.readiness }
            // Claimed before the question, so that one thread asks and the others go on with what is known.
            state.checkedAt = now
            return nil
        }
        return fresh ?? ask()
    }

    @discardableResult
    private func ask() -> Readiness {
        let readiness = check()
        state.withLock { $0 = State(readiness: readiness, checkedAt: Deadline.clock()) }
        isReady.store(readiness == .ready, ordering: .relaxed)
        return readiness
    }
}
