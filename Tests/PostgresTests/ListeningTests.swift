import Foundation
import Synchronization
import XCTest

@testable import Postgres

final class ListeningTests: DatabaseTestCase {
    private func listen(
        _ channels: [String], while body: (Mailbox) throws -> Void
    ) throws {
        let mailbox = Mailbox()
        let listening = try Listening(
            settings { $0.applicationName = "listening" }, channels: channels,
            onConnected: { mailbox.connections.add(1, ordering: .relaxed) },
            onNotification: { channel, payload in mailbox.messages.withLock { $0.append("\(channel): \(payload)") } })
        let ended = expectation(description: "run returned")
        onThread {
            listening.run()
            ended.fulfill()
        }
        defer {
            listening.stop()
            wait(for: [ended], timeout: 10)
        }
        eventually { mailbox.connections.load(ordering: .relaxed) == 1 }
        try body(mailbox)
    }

    private final class Mailbox: Sendable {
        let connections = Atomic(0)
        let messages = Mutex<[String]>([])
    }

    func testNotificationsArriveWithChannelAndPayload() throws {
        let pool = try pool()
        try listen(["orders", "Odd \"Name\""]) { mailbox in
            try pool.run("NOTIFY orders, 'one'; NOTIFY \"Odd \"\"Name\"\"\", 'zwei'; NOTIFY other, 'x'; NOTIFY orders")
            eventually { mailbox.messages.withLock { $0.count } == 3 }
            XCTAssertEqual(mailbox.messages.withLock { $0 }, ["orders: one", "Odd \"Name\": zwei", "orders: "])
        }
    }

    func testWhatIsUndoneIsNotHeard() throws {
        let pool = try pool()
        try listen(["orders"]) { mailbox in
            XCTAssertThrowsError(
                try pool.transact { session throws(PostgresError) in
                    try session.script("NOTIFY orders, 'undone'")
                    try session.script("SELECT 1/0")
                })
            try pool.run("NOTIFY orders, 'kept'")
            eventually { mailbox.messages.withLock { !$0.isEmpty } }
            XCTAssertEqual(mailbox.messages.withLock { $0 }, ["orders: kept"])
        }
    }

    func testItListensAgainAfterItsConnectionWasKilled() throws {
        let pool = try pool()
        try listen(["orders"]) { mailbox in
            try pool.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'listening'")
            eventually { mailbox.connections.load(ordering: .relaxed) == 2 }
            try pool.run("NOTIFY orders, 'again'")
            eventually { mailbox.messages.withLock { !$0.isEmpty } }
            XCTAssertEqual(mailbox.messages.withLock { $0 }, ["orders: again"])
        }
    }

    func testStoppingEndsItAlsoWhileTheDatabaseIsAway() throws {
        let failures = Atomic(0)
        let listening = try Listening(
            PoolSettings(conninfo: "host=/nowhere"), channels: ["x"], onConnected: {},
            onLost: { _ in failures.add(1, ordering: .relaxed) }, onNotification: { _, _ in })
        let ended = expectation(description: "run returned")
        onThread {
            listening.run()
            ended.fulfill()
        }
        eventually { failures.load(ordering: .relaxed) >= 2 }
        listening.stop()
        wait(for: [ended], timeout: 2)
    }
}
