import Foundation
import Synchronization
import XCTest

@testable import Postgres

final class PoolTests: DatabaseTestCase {
    func testNoMoreConnectionsThanItsSizeAreOpen() throws {
        let pool = try pool(size: 3) { $0.applicationName = "bounded" }
        let most = Atomic(0)
        let threads = 12
        let done = expectation(description: "all threads")
        done.expectedFulfillmentCount = threads
        for _ in 0..<threads {
            onThread {
                for _ in 0..<20 {
                    do {
                        try pool.use { session throws(PostgresError) in
                            try session.script("SELECT pg_sleep(0.001)")
                            let lent = pool.usage.lent
                            if lent > most.load(ordering: .relaxed) { most.store(lent, ordering: .relaxed) }
                        }
                    } catch { XCTFail("\(error)") }
                }
                done.fulfill()
            }
        }
        wait(for: [done], timeout: 30)
        XCTAssertLessThanOrEqual(most.load(ordering: .relaxed), 3)
        let open: Int = try self.pool().value(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'bounded'")
        XCTAssertLessThanOrEqual(open, 3)
        XCTAssertEqual(pool.usage.lent, 0)
        XCTAssertEqual(pool.usage.waiting, 0)
    }

    func testAWaitForAConnectionEnds() throws {
        let pool = try pool(size: 1) { $0.waitMilliseconds = 200 }
        let time = try seconds {
            try pool.use { _ throws(PostgresError) in
                // A thread that already holds the only connection must not wait for itself for ever.
                guard case .unavailable = failure({ try pool.run("SELECT 1") }) else { return XCTFail("no error") }
            }
        }
        XCTAssertGreaterThan(time, 0.19)
        XCTAssertLessThan(time, 3)
        XCTAssertEqual(pool.usage.waiting, 0)
        XCTAssertEqual(try pool.value("SELECT 1"), 1)
    }

    func testWhoWaitsLongestIsServedFirst() throws {
        let pool = try pool(size: 1) { $0.waitMilliseconds = 10_000 }
        let order = Mutex<[Int]>([])
        let done = expectation(description: "all threads")
        done.expectedFulfillmentCount = 5
        try pool.use { _ throws(PostgresError) in
            for number in 0..<5 {
                onThread {
                    do {
                        try pool.use { _ throws(PostgresError) in order.withLock { $0.append(number) } }
                    } catch { XCTFail("\(error)") }
                    done.fulfill()
                }
                eventually { pool.usage.waiting == number + 1 }
            }
        }
        wait(for: [done], timeout: 10)
        XCTAssertEqual(order.withLock { $0 }, [0, 1, 2, 3, 4])
    }

    func testTheConnectionUsedLastIsUsedFirst() throws {
        let pool = try pool(size: 3)
        try pool.use { first throws(PostgresError) in
            try first.script("SELECT 1")
            try pool.use { second throws(PostgresError) in try second.script("SELECT 1") }
        }
        XCTAssertEqual(pool.usage.idle, 2)
        let one: Int = try pool.value("SELECT pg_backend_pid()")
        for _ in 0..<5 { XCTAssertEqual(try pool.value("SELECT pg_backend_pid()"), one) }
    }

    func testAKilledConnectionIsReplacedBeforeAnybodyNotices() throws {
        let pool = try pool(size: 2) { $0.applicationName = "killed" }
        let first: Int = try pool.value("SELECT pg_backend_pid()")
        let other = try self.pool()
        XCTAssertEqual(try other.value("SELECT pg_terminate_backend(\(first))"), true)
        try eventually {
            try other.value("SELECT count(*) FROM pg_stat_activity WHERE pid = \(first)", as: Int.self) == 0
        }
        XCTAssertNotEqual(try pool.value("SELECT pg_backend_pid()"), first)
    }

    func testAConnectionThatIsLostInUseIsReplacedByTheNextCaller() throws {
        let pool = try pool(size: 1)
        let error = failure { _ = try pool.value("SELECT pg_terminate_backend(pg_backend_pid())", as: Bool.self) }
        guard case .unavailable = error else { return XCTFail("\(String(describing: error))") }
        XCTAssertEqual(pool.usage.idle, 0)
        XCTAssertEqual(try pool.value("SELECT 1"), 1)
    }

    func testAMalformedConnectionStringIsUnavailableAndNotQuoted() throws {
        let pool = Pool(PoolSettings(conninfo: "hunter2 host"))
        XCTAssertEqual(failure { try pool.run("SELECT 1") }, .unavailable("the connection string is malformed"))
    }

    func testAnUnknownDatabaseIsUnavailableWithItsReason() throws {
        let conninfo = try settings().conninfo
        let other = conninfo.contains("://") ? conninfo + "&dbname=no_such" : conninfo + " dbname=no_such"
        guard case .unavailable(let reason) = failure({ try Pool(PoolSettings(conninfo: other)).run("SELECT 1") })
        else { return XCTFail("no error") }
        XCTAssertTrue(reason.contains("no_such"), reason)
    }
}
