import Locks

/// A bounded set of connections to one database, shared by the threads of a process.
///
/// A connection is opened when it is first needed, the one used last is used first, and a broken one is replaced by
/// the next caller who needs it. Callers wait in the order of their coming, up to `waitMilliseconds`. A call inside
/// the body of another takes a second connection; when there is none the inner call is `.unavailable`.
package final class Pool: Sendable {
    private struct State {
        /// How many more connections may be lent.
        var permits: Int
        var idle: [Connection] = []
        var waiting: [Turn] = []
        var outage = Outage()
    }

    /// What the pool is doing, for metrics.
    package struct Usage: Equatable, Sendable {
        package let lent: Int
        package let idle: Int
        package let waiting: Int
    }

    private let settings: PoolSettings
    private let state: Guarded<State>

    /// Opens nothing yet. A size below 1 is 1.
    package init(_ settings: PoolSettings) {
        self.settings = settings
        state = Guarded(State(permits: max(1, settings.size)))
    }

    package var usage: Usage {
        state.withLock {
            Usage(lent: max(1, settings.size) - $0.permits, idle: $0.idle.count, waiting: $0.waiting.count)
        }
    }

    /// Lends a connection to `body`, without a transaction. `mapping` turns our own errors into the caller's.
    package func withSession<T, E: Error>(
        mapping: (PostgresError) -> E, _ body: (Session) throws(E) -> T
    ) throws(E) -> T {
        let session: Session
        do throws(PostgresError) { session = Session(try checkOut()) } catch { throw mapping(error) }
        defer { checkIn(session) }
        return try body(session)
    }

    /// Lends a connection to `body` inside a transaction, see `Session.transaction`.
    package func transaction<T, E: Error>(
        mapping: (PostgresError) -> E, _ body: (Session) throws(E) -> T
    ) throws(E) -> T {
        try withSession(mapping: mapping) { session throws(E) in
            try session.transaction(mapping: mapping, body)
        }
    }

    // MARK: - Lending

    private func checkOut() throws(PostgresError) -> Connection {
        try takePermit()
        do throws(PostgresError) {
            while let connection = state.withLock({ $0.idle.popLast() }) {
                if connection.isUsable { return connection }
            }
            return try connect()
        } catch {
            passPermitOn()
            throw error
        }
    }

    private func checkIn(_ session: Session) {
        // A connection that is left in the middle of something is closed: the server then undoes it.
        if let connection = session.end(), !connection.isBroken, !connection.isInTransaction {
            state.withLock { $0.idle.append(connection) }
        }
        passPermitOn()
    }

    private func takePermit() throws(PostgresError) {
        let turn: Turn? = state.withLock { state in
            if state.permits > 0 {
                state.permits -= 1
                return nil
            }
            let turn = Turn()
            state.waiting.append(turn)
            return turn
        }
        guard let turn, !turn.wait(until: TimeLimit(milliseconds: settings.waitMilliseconds)) else { return }
        // Between the end of the wait and this lock the turn may have been granted after all; then it is no longer
        // in the queue and the permit is ours.
        let gaveUp = state.withLock { state in
            guard let place = state.waiting.firstIndex(where: { $0 === turn }) else { return false }
            state.waiting.remove(at: place)
            return true
        }
        if gaveUp { throw .unavailable("no connection became free in time") }
    }

    /// A permit goes straight to whoever waits longest, so nobody who comes later can take it first.
    private func passPermitOn() {
        let next: Turn? = state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.permits += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.grant()
    }

    private func connect() throws(PostgresError) -> Connection {
        if let refusal = state.withLock({ $0.outage.admit(now: TimeLimit.now()) }) { throw refusal }
        do throws(PostgresError) {
            let connection = try Connection(settings: settings)
            state.withLock { $0.outage.connected() }
            return connection
        } catch {
            state.withLock { $0.outage.failed(error, now: TimeLimit.now()) }
            throw error
        }
    }
}
