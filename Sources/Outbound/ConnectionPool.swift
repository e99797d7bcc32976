import Glibc
import Locks

/// How many idle connections are kept, and for how long.
package struct PoolLimits: Sendable {
    package var perOrigin = 32
    package var total = 128
    /// Below the time after which common servers close (5 s for Node and uvicorn, 75 s for nginx).
    package var idleMilliseconds = 4_000
    /// After that age a connection is not used again, so that a change of the name's addresses is followed.
    package var ageMilliseconds = 120_000

    package init() {}
}

/// Which connections are interchangeable. One that was made without verification never serves a request that wants it.
struct ConnectionKey: Hashable {
    let origin: String
    let verifiesCertificate: Bool
}

/// Idle connections. Each stays pinned to the checked address it was made for.
final class ConnectionPool: Sendable {
    private struct Idle {
        let connection: Connection
        let since: Moment
    }

    private struct State {
        var idle: [ConnectionKey: [Idle]] = [:]
        var count = 0
        var isSwept = false
    }

    private let state = Guarded(State())
    private let limits: PoolLimits

    init(_ limits: PoolLimits) {
        self.limits = limits
    }

    /// The connection used last among those that are still good; the bad ones found on the way are closed.
    func take(_ key: ConnectionKey) -> Connection? {
        while let idle = pop(key) {
            if isYoung(idle), idle.connection.isQuiet { return idle.connection }
        }
        return nil
    }

    /// Keeps an idle connection, or closes it when there are too many or no thread can be had that would close it later.
    func give(_ connection: Connection, _ key: ConnectionKey) {
        guard connection.isQuiet else { return }
        let idle = Idle(connection: connection, since: .now)
        let needsSweeper = state.withLock { state in
            guard state.count < limits.total, state.idle[key, default: []].count < limits.perOrigin else {
                return false
            }
            state.idle[key, default: []].append(idle)
            state.count += 1
            defer { state.isSwept = true }
            return !state.isSwept
        }
        if needsSweeper, !startSweeper() {
            state.withLock { $0 = State() }
        }
    }

    private func pop(_ key: ConnectionKey) -> Idle? {
        state.withLock { state in
            guard let idle = state.idle[key]?.popLast() else { return nil }
            state.count -= 1
            if state.idle[key]?.isEmpty == true { state.idle[key] = nil }
            return idle
        }
    }

    private func isYoung(_ idle: Idle) -> Bool {
        let now = Moment.now
        return now < idle.since.adding(milliseconds: limits.idleMilliseconds)
            && now < idle.connection.openedAt.adding(milliseconds: limits.ageMilliseconds)
    }

    /// A thread that closes what has become too old, and ends when nothing is left.
    private func startSweeper() -> Bool {
        DetachedThread.start { [weak self] in
            repeat { usleep(500_000) } while self?.sweep() == true
        }
    }

    /// Whether anything is left. The connections are closed outside the lock: closing TLS sends octets.
    private func sweep() -> Bool {
        let (closing, hasMore) = state.withLock { state in
            var old: [Idle] = []
            for (key, list) in state.idle {
                let young = list.filter(isYoung)
                guard young.count < list.count else { continue }
                old += list.filter { !isYoung($0) }
                state.idle[key] = young.isEmpty ? nil : young
            }
            state.count = state.idle.values.reduce(0) { $0 + $1.count }
            state.isSwept = state.count > 0
            return (old, state.isSwept)
        }
        return withExtendedLifetime(closing) { hasMore }
    }
}
