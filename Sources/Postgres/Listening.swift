import CPostgreSQL
import Foundation
import Synchronization

/// Follows notifications on a connection of its own, and reconnects by itself.
///
/// What is notified while the link is down is lost. `onConnected` is called after each LISTEN, the first included:
/// that is the moment to read what has changed. Needs a direct connection, not a transaction pooler.
package final class Listening: Sendable {
    private let settings: PoolSettings
    private let channels: [String]
    private let onConnected: @Sendable () -> Void
    private let onLost: @Sendable (PostgresError) -> Void
    private let onNotification: @Sendable (_ channel: String, _ payload: String) -> Void
    private let isStopping = Atomic(false)
    /// Read end and write end; a written octet ends every wait.
    private let wake: (read: Int32, write: Int32)

    /// Connects when `run` is called; `onLost` hears why a connection ended or could not be made. Throws when the process has no descriptors left.
    package init(
        _ settings: PoolSettings, channels: [String], onConnected: @escaping @Sendable () -> Void,
        onLost: @escaping @Sendable (PostgresError) -> Void = { _ in },
        onNotification: @escaping @Sendable (_ channel: String, _ payload: String) -> Void
    ) throws(PostgresError) {
        self.settings = settings
        self.channels = channels
        self.onConnected = onConnected
        self.onLost = onLost
        self.onNotification = onNotification
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .unavailable("no descriptors left") }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        wake = (ends[0], ends[1])
    }

    deinit {
        close(wake.read)
        close(wake.write)
    }

    /// Blocks the calling thread, which also runs the closures, until `stop`.
    package func run() {
        var pause = Self.shortestPause
        while !isStopping.load(ordering: .acquiring) {
            do throws(PostgresError) {
                let connection = try Connection(settings: settings)
                for channel in channels { try connection.script("LISTEN \(quoted(channel))") }
                pause = Self.shortestPause
                onConnected()
                try follow(connection)
            } catch {
                onLost(error)
                // The next attempt follows after a growing pause, which `stop` cuts short.
                _ = awaitReady(wake.read, POLLIN, TimeLimit(milliseconds: pause))
                pause = min(2 * pause, Self.longestPause)
            }
        }
    }

    /// Makes `run` return soon. From any thread, any number of times.
    package func stop() {
        isStopping.store(true, ordering: .releasing)
        var octet: UInt8 = 1
        // A full pipe has woken `run` already.
        _ = write(wake.write, &octet, 1)
    }

    /// Milliseconds between attempts to connect.
    private static let shortestPause = 200
    private static let longestPause = 5_000

    private func follow(_ connection: Connection) throws(PostgresError) {
        while !isStopping.load(ordering: .acquiring) {
            while let notification = PQnotifies(connection.handle) {
                let channel = String(cString: notification.pointee.relname)
                let payload = String(cString: notification.pointee.extra)
                PQfreemem(notification)
                onNotification(channel, payload)
            }
            var entries = [
                pollfd(fd: PQsocket(connection.handle), events: Int16(POLLIN), revents: 0),
                pollfd(fd: wake.read, events: Int16(POLLIN), revents: 0),
            ]
            // Without end: a peer that vanished is found by the connection's keep-alive.
            guard poll(&entries, 2, -1) > 0 else { continue }
            if entries[0].revents != 0, PQconsumeInput(connection.handle) != 1 { throw connection.lost() }
        }
    }

    private func quoted(_ name: String) -> String {
        "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
