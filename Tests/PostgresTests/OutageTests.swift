import Foundation
import ScratchDatabase
import Synchronization
import XCTest

@testable import Postgres

/// Servers that stop, start, refuse and stay silent. These tests have a server of their own.
final class OutageTests: XCTestCase {
    private static func failure(_ pool: Pool) -> PostgresError? {
        do {
            _ = try pool.value("SELECT 1", as: Int.self)
            return nil
        } catch { return error }
    }

    private func isUnavailable(_ error: PostgresError?) -> Bool {
        if case .unavailable = error { true } else { false }
    }

    private func seconds(_ body: () throws -> Void) rethrows -> Double {
        let start = TimeLimit.now()
        try body()
        return Double(TimeLimit.now() - start) / 1e9
    }

    func testAStoppedServerIsUnavailableAtOnceAndServiceResumesByItself() throws {
        let cluster = try ScratchCluster()
        let pool = Pool(PoolSettings(conninfo: cluster.conninfo, size: 4))
        try pool.use { first throws(PostgresError) in
            try first.script("SELECT 1")
            try pool.run("SELECT 1")
        }
        XCTAssertEqual(pool.usage.idle, 2)
        try cluster.stop()
        let time = seconds { for _ in 0..<200 { XCTAssertTrue(isUnavailable(Self.failure(pool))) } }
        XCTAssertLessThan(time, 2)
        XCTAssertEqual(pool.usage, Pool.Usage(lent: 0, idle: 0, waiting: 0))
        try cluster.start()
        let limit = TimeLimit(milliseconds: 5_000)
        while Self.failure(pool) != nil, !limit.isOver { usleep(20_000) }
        XCTAssertEqual(try pool.value("SELECT 1"), 1)
    }

    func testAServerThatAcceptsAndStaysSilentIsGivenUp() throws {
        let silent = try SilentServer()
        let pool = Pool(PoolSettings(conninfo: silent.conninfo, connectMilliseconds: 1_000))
        let time = seconds { XCTAssertTrue(isUnavailable(Self.failure(pool))) }
        XCTAssertGreaterThan(time, 0.99)
        XCTAssertLessThan(time, 10)
        // Within the pause after a failure nobody waits again.
        XCTAssertLessThan(seconds { XCTAssertTrue(isUnavailable(Self.failure(pool))) }, 0.9)
        XCTAssertEqual(silent.connections(), 1)
    }

    func testOneAttemptAtATimeFollowsAFailure() throws {
        let silent = try SilentServer()
        let pool = Pool(PoolSettings(conninfo: silent.conninfo, size: 8, connectMilliseconds: 400))
        XCTAssertTrue(isUnavailable(Self.failure(pool)))
        usleep(250_000)
        let done = expectation(description: "all threads")
        done.expectedFulfillmentCount = 8
        for _ in 0..<8 {
            onThread {
                if case .none = Self.failure(pool) { XCTFail("connected to nobody") }
                done.fulfill()
            }
        }
        wait(for: [done], timeout: 10)
        XCTAssertEqual(silent.connections(), 2)
    }

    func testAHostThatStaysSilentDoesNotUseUpTheTimeOfTheNextOne() throws {
        let silent = try SilentServer()
        let cluster = try ScratchCluster()
        let conninfo = "host=127.0.0.1,\(cluster.folder) port=\(silent.port),5432 user=postgres dbname=postgres"
        let pool = Pool(PoolSettings(conninfo: conninfo, connectMilliseconds: 6_000))
        let time = try seconds { XCTAssertEqual(try pool.value("SELECT 1"), 1) }
        XCTAssertLessThan(time, 6)
        XCTAssertEqual(silent.connections(), 1)
    }

    func testAServerThatStopsAnsweringDoesNotHoldAThread() throws {
        let cluster = try ScratchCluster()
        let pool = Pool(PoolSettings(conninfo: cluster.conninfo, size: 1, statementMilliseconds: 500))
        let process: Int = try pool.value("SELECT pg_backend_pid()")
        XCTAssertEqual(kill(pid_t(process), SIGSTOP), 0)
        defer { kill(pid_t(process), SIGCONT) }
        let time = seconds { XCTAssertTrue(isUnavailable(Self.failure(pool))) }
        XCTAssertLessThan(time, 5)
        XCTAssertEqual(try pool.value("SELECT 1"), 1)
    }

    func testListeningFindsItsWayBackAfterAnOutage() throws {
        let cluster = try ScratchCluster()
        let connected = Atomic(0)
        let heard = Mutex<[String]>([])
        let listening = try Listening(
            PoolSettings(conninfo: cluster.conninfo), channels: ["news"],
            onConnected: { connected.add(1, ordering: .relaxed) },
            onNotification: { _, payload in heard.withLock { $0.append(payload) } })
        let ended = expectation(description: "run returned")
        onThread {
            listening.run()
            ended.fulfill()
        }
        func waitUntil(_ condition: () -> Bool) {
            let limit = TimeLimit(milliseconds: 10_000)
            while !condition(), !limit.isOver { usleep(10_000) }
        }
        waitUntil { connected.load(ordering: .relaxed) == 1 }
        try cluster.stop()
        try cluster.start()
        waitUntil { connected.load(ordering: .relaxed) == 2 }
        try Pool(PoolSettings(conninfo: cluster.conninfo)).run("NOTIFY news, 'after'")
        waitUntil { heard.withLock { $0.count } == 1 }
        listening.stop()
        wait(for: [ended], timeout: 10)
        XCTAssertEqual(heard.withLock { $0 }, ["after"])
        XCTAssertEqual(connected.load(ordering: .relaxed), 2)
    }
}

/// Listens on loopback, lets the kernel accept and never says a word.
private final class SilentServer {
    private let listener: Int32
    let port: Int

    init() throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 64) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard result else { throw ScratchError("no port on loopback") }
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(listener) }

    var conninfo: String { "host=127.0.0.1 port=\(port) user=postgres dbname=postgres sslmode=disable" }

    /// How many have connected since it was last asked.
    func connections() -> Int {
        _ = fcntl(listener, F_SETFL, O_NONBLOCK)
        var count = 0
        while true {
            let accepted = accept(listener, nil, nil)
            guard accepted >= 0 else { return count }
            count += 1
            close(accepted)
        }
    }
}
