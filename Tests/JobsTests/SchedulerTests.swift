import Crypto
import Domain
import Foundation
import Locks
import Postgres
import ScratchDatabase
import Store
import XCTest

@testable import Jobs

/// Schedulers on a database of their own.
final class SchedulerTests: XCTestCase {
    private var database: MigratedDatabase?

    override func setUpWithError() throws { database = try MigratedDatabase() }

    override func tearDownWithError() throws {
        try database?.drop()
        database = nil
    }

    private func scheduler(
        _ jobs: [Job], worker: String = "w1", pollMilliseconds: Int = 500
    ) throws -> Scheduler {
        let pool = try XCTUnwrap(database).application
        let keys = try KeyRing(parsing: "k1 \(Data(repeating: 1, count: 32).base64EncodedString())\n")
        return Scheduler(
            jobs, makeStore: { Store(pool: pool, keys: keys) }, worker: worker,
            pollMilliseconds: pollMilliseconds, log: { _, _ in })
    }

    /// Runs schedulers until `body` is true or ten seconds are over, then stops them.
    private func running(_ schedulers: [Scheduler], until body: () throws -> Bool) rethrows -> Bool {
        let running = Guarded(schedulers.count)
        for scheduler in schedulers {
            Thread.detachNewThread {
                scheduler.run()
                running.withLock { $0 -= 1 }
            }
        }
        let end = Deadline(afterMilliseconds: 10_000)
        var isTrue = try body()
        while !isTrue, end.remainingMilliseconds > 0 {
            usleep(20_000)
            isTrue = try body()
        }
        for scheduler in schedulers { scheduler.stop() }
        while running.withLock({ $0 > 0 }), end.remainingMilliseconds > 0 { usleep(20_000) }
        XCTAssertEqual(running.withLock { $0 }, 0, "a scheduler did not stop")
        return isTrue
    }

    private func value<Value: SQLDecodable>(_ sql: SQL, as type: Value.Type = Value.self) throws -> Value? {
        try XCTUnwrap(database).owner.withSession(mapping: { $0 }) { (session) throws(PostgresError) in
            try session.query(sql) { (row) throws(PostgresError) in try row.nextOptional(type) }
        }.first ?? nil
    }

    private func run(_ text: String) throws {
        try XCTUnwrap(database).owner.withSession(mapping: { $0 }) { (session) throws(PostgresError) in
            try session.script(text)
        }
    }

    func testAJobRunsAgainAndAgain() throws {
        let count = Guarded(0)
        let job = Job("count", everySeconds: 1) { _ in count.withLock { $0 += 1 } }
        XCTAssertTrue(running([try scheduler([job])]) { count.withLock { $0 >= 3 } })
        XCTAssertNil(try value("SELECT locked_by FROM jobs", as: String.self))
    }

    func testAJobRunsInOneProcessAtATime() throws {
        let inside = Guarded((now: 0, most: 0, runs: 0))
        let job = Job("alone", everySeconds: 1) { _ in
            inside.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1), $0.runs + 1) }
            usleep(300_000)
            inside.withLock { $0.now -= 1 }
        }
        let schedulers = try (0..<6).map { try scheduler([job], worker: "w\($0)") }
        XCTAssertTrue(running(schedulers) { inside.withLock { $0.runs >= 4 } })
        XCTAssertEqual(inside.withLock { $0.most }, 1)
    }

    /// With polls an hour apart, only who is woken looks again.
    func testAJobThatIsWokenIsLookedAtBeforeTheNextPoll() throws {
        let count = Guarded(0)
        let job = Job("woken", everySeconds: 3_600) { _ in count.withLock { $0 += 1 } }
        let scheduler = try scheduler([job], pollMilliseconds: 3_600_000)
        var asked: Date?
        let ran = try running([scheduler]) {
            switch count.withLock({ $0 }) {
            case 0: return false
            case 1:
                if asked == nil, try value("SELECT locked_by FROM jobs", as: String.self) == nil {
                    try run("UPDATE jobs SET next_run_at = now()")
                    scheduler.wake("nobody")
                    scheduler.wake("woken")
                    asked = Date()
                }
                return false
            default: return true
            }
        }
        XCTAssertTrue(ran)
        XCTAssertLessThan(-(try XCTUnwrap(asked)).timeIntervalSinceNow, 5)
    }

    func testAFailureIsKeptAndTheNextSuccessForgetsIt() throws {
        let fails = Guarded(true)
        let job = Job("fails", everySeconds: 1) { _ throws(Failure) in
            if fails.withLock({ $0 }) { throw .defect("broken") }
        }
        let failed = try running([try scheduler([job])]) {
            try value("SELECT last_error FROM jobs", as: String.self) == "defect: broken"
        }
        XCTAssertTrue(failed)
        fails.withLock { $0 = false }
        let recovered = try running([try scheduler([job], worker: "w2")]) {
            try value("SELECT last_error IS NULL FROM jobs", as: Bool.self) == true
        }
        XCTAssertTrue(recovered)
    }

    func testTheClaimOfAProcessThatIsGoneEndsByItself() throws {
        try run(
            """
            INSERT INTO jobs (name, every_seconds, locked_until, locked_by)
            VALUES ('left', 1, now() + interval '2 seconds', 'somebody who was killed')
            """)
        let ran = Guarded<Timestamp?>(nil)
        let job = Job("left", everySeconds: 1) { _ in ran.withLock { $0 = $0 ?? .now() } }
        let start = Timestamp.now()
        XCTAssertTrue(running([try scheduler([job])]) { ran.withLock { $0 != nil } })
        let waited = try XCTUnwrap(ran.withLock { $0 }).microseconds - start.microseconds
        XCTAssertGreaterThan(waited, 1_000_000)
    }

    func testARunWhoseClaimWasTakenIsToldToStop() throws {
        let wasTold = Guarded(false)
        let job = Job("lost", everySeconds: 1) { run in
            while run.mayGoOn() { usleep(20_000) }
            wasTold.withLock { $0 = true }
        }
        var taken = false
        let told = try running([try scheduler([job])]) {
            if !taken, try value("SELECT locked_by FROM jobs WHERE name = 'lost'", as: String.self) == "w1" {
                try run("UPDATE jobs SET locked_by = 'somebody else', locked_until = now() + interval '1 hour'")
                taken = true
            }
            return wasTold.withLock { $0 }
        }
        XCTAssertTrue(told)
        XCTAssertEqual(try value("SELECT locked_by FROM jobs", as: String.self), "somebody else")
    }

    func testARunThatLastsKeepsItsClaim() throws {
        let finished = Guarded(false)
        let job = Job("long", everySeconds: 60) { _ in
            usleep(8_000_000)
            finished.withLock { $0 = true }
        }
        var renewals: Set<Timestamp> = []
        XCTAssertTrue(
            try running([try scheduler([job])]) {
                if let until = try value("SELECT locked_until FROM jobs", as: Timestamp.self) { renewals.insert(until) }
                return finished.withLock { $0 }
            })
        XCTAssertEqual(renewals.count, 2)
    }

    func testANextRunBeyondAWholePeriodComesFromAClockAndIsDue() throws {
        try run("INSERT INTO jobs (name, every_seconds, next_run_at) VALUES ('ahead', 5, now() + interval '1 hour')")
        let ran = Guarded(false)
        let job = Job("ahead", everySeconds: 5) { _ in ran.withLock { $0 = true } }
        XCTAssertTrue(running([try scheduler([job])]) { ran.withLock { $0 } })
    }
}
