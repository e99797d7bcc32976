import Domain
import Foundation
import Postgres
import ScratchDatabase
import XCTest

@testable import Store

/// Checks of many providers at once: who makes them, and what becomes of them.
final class HealthRunTests: StoreTestCase {
    override func setUpWithError() throws {
        try super.setUpWithError()
        try run("DELETE FROM health_runs")
    }

    private func start(_ slugs: [ProviderSlug] = [Slug.openai, Slug.claude]) throws -> HealthRun {
        let noon = noon
        return try transact { (transaction) throws(Failure) in
            try transaction.startHealthRun(of: slugs, by: "alice", at: noon)
        }
    }

    private func claim(_ worker: String = "w1", limit: Int = 64, leaseSeconds: Int = 20) throws -> [HealthRunClaim] {
        try transact { (transaction) throws(Failure) in
            try transaction.claimHealthRunItems(for: worker, limit: limit, leaseSeconds: leaseSeconds)
        }
    }

    private let healthy = HealthRunResult(
        status: .healthy, responseMilliseconds: 12, errorKind: nil, errorMessage: nil)

    private func finish(_ claim: HealthRunClaim) throws {
        let (noon, healthy) = (noon, healthy)
        try transact { (transaction) throws(Failure) in try transaction.finish(claim, with: healthy, at: noon) }
    }

    private func cancel(_ run: HealthRun) throws -> HealthRun {
        let noon = noon
        return try transact { (transaction) throws(Failure) in
            try transaction.cancelHealthRun(run.id, at: noon).run
        }
    }

    func testARunGoesFromPendingToCompleted() throws {
        let run = try start()
        XCTAssertEqual(run.status, .pending)
        XCTAssertEqual(run.items.map(\.provider), ["claude", "openai"])
        XCTAssertEqual(run.items.map(\.state), [.pending, .pending])
        let claims = try claim()
        XCTAssertEqual(Set(claims.map(\.provider)), [Slug.openai, Slug.claude])
        XCTAssertEqual(try store.healthRun(run.id).status, .running)
        try finish(claims[0])
        let half = try store.healthRun(run.id)
        XCTAssertEqual(half.status, .running)
        XCTAssertEqual(half.done, 1)
        try finish(claims[1])
        let whole = try store.healthRun(run.id)
        XCTAssertEqual(whole.status, .completed)
        XCTAssertEqual(whole.done, 2)
        XCTAssertEqual(whole.finishedAt, noon)
        XCTAssertEqual(whole.items.map(\.result), [healthy, healthy])
    }

    func testTheSameProvidersInAnyOrderAreOneRunAtATime() throws {
        let run = try start([Slug.openai, Slug.claude])
        XCTAssertEqual(
            failure { try start([Slug.claude, Slug.openai]) },
            .running("A health check of these providers is already running", id: run.id.text))
        _ = try start([Slug.claude])
        _ = try cancel(run)
        let next = try start([Slug.claude, Slug.openai])
        for one in try claim() { try finish(one) }
        XCTAssertEqual(try store.healthRun(next.id).status, .completed)
        _ = try start([Slug.claude, Slug.openai])
    }

    func testOfManyAtOnceOneStarts() throws {
        let makeStore = try makeStore()
        let noon = noon
        let started = Collected<ID<HealthRun>>()
        let errors = concurrently(8) { _ in
            let run = try makeStore().transaction { (transaction) throws(Failure) in
                try transaction.startHealthRun(of: [Slug.openai], by: "alice", at: noon)
            }
            started.add(run.id)
        }
        XCTAssertEqual(started.all.count, 1)
        XCTAssertEqual(errors.count, 7)
        for error in errors {
            guard case .running(_, let id)? = error as? Failure else { return XCTFail("\(error)") }
            XCTAssertEqual(id, started.all.first?.text)
        }
    }

    func testAClaimSaysHowOldItsRunIs() throws {
        let run = try start([Slug.openai])
        try self.run("UPDATE health_runs SET created_at = clock_timestamp() - interval '4 seconds'")
        let age = try XCTUnwrap(claim(leaseSeconds: 0).first).runAgeMilliseconds
        XCTAssertTrue(4_000..<60_000 ~= age, "\(age)")
        // The clock of whoever asked was ahead, or years behind.
        for (moment, wanted) in [("+ interval '1 hour'", 0), ("- interval '9 years'", 3_600_000)] {
            try self.run("UPDATE health_runs SET created_at = clock_timestamp() \(moment)")
            XCTAssertEqual(try claim(leaseSeconds: 0).map(\.runAgeMilliseconds), [wanted])
        }
        XCTAssertEqual(try store.healthRun(run.id).status, .running)
    }

    func testAClaimIsOfOneProcess() throws {
        _ = try start()
        XCTAssertEqual(try claim("w1", limit: 1).count, 1)
        XCTAssertEqual(try claim("w2").count, 1)
        XCTAssertEqual(try claim("w3").count, 0)
    }

    func testSeveralProcessesClaimEveryCheckOnce() throws {
        try run(
            """
            INSERT INTO providers (slug, display_name, kind, endpoint_url, vendor_endpoint_url, auth_type)
            SELECT 'hr' || n, 'Test', 'compute', 'https://x', 'https://x', 'bearer' FROM generate_series(1, 30) AS n
            """)
        let slugs = try (1...30).map { try ProviderSlug("hr\($0)") }
        let run = try start(slugs)
        let makeStore = try makeStore()
        let claimed = Collected<String>()
        let noon = noon
        let healthy = healthy
        let errors = concurrently(6) { number in
            let store = makeStore()
            for _ in 0..<200 {
                let claims = try store.transaction { (transaction) throws(Failure) in
                    try transaction.claimHealthRunItems(for: "w\(number)", limit: 3, leaseSeconds: 20)
                }
                for claim in claims {
                    claimed.add(claim.provider.text)
                    try store.transaction { (transaction) throws(Failure) in
                        try transaction.finish(claim, with: healthy, at: noon)
                    }
                }
            }
        }
        XCTAssertEqual(errors.map { "\($0)" }, [])
        XCTAssertEqual(claimed.all.sorted(), slugs.map(\.text).sorted())
        XCTAssertEqual(try store.healthRun(run.id).status, .completed)
    }

    func testAClaimThatIsNotKeptIsTakenOver() throws {
        let run = try start([Slug.openai])
        let first = try XCTUnwrap(claim("w1").first)
        XCTAssertEqual(try claim("w2").count, 0)
        try self.run("UPDATE health_run_items SET locked_until = clock_timestamp() - interval '1 second'")
        let second = try XCTUnwrap(claim("w2").first)
        // The first process comes back too late.
        try finish(first)
        XCTAssertEqual(try store.healthRun(run.id).done, 0)
        try finish(second)
        XCTAssertEqual(try store.healthRun(run.id).status, .completed)
    }

    func testACancelledRunStaysAsItIs() throws {
        let run = try start()
        let claims = try claim(limit: 1)
        let cancelled = try cancel(run)
        XCTAssertEqual(cancelled.status, .cancelled)
        XCTAssertEqual(cancelled.items.map(\.state), [.cancelled, .cancelled])
        try finish(claims[0])
        XCTAssertEqual(try store.healthRun(run.id).done, 0)
        XCTAssertEqual(try claim().count, 0)
        XCTAssertEqual(try cancel(run).status, .cancelled)
    }

    func testACompletedRunCannotBeCancelled() throws {
        let run = try start([Slug.openai])
        try finish(try XCTUnwrap(claim().first))
        XCTAssertEqual(failure { try cancel(run) }, .conflict("The health check is already completed"))
    }

    func testAStartIsToldAndMakesTheJobDue() throws {
        try run(
            """
            INSERT INTO jobs (name, every_seconds, next_run_at) VALUES ('health_runs', 60, now() + interval '50 seconds')
            ON CONFLICT (name) DO UPDATE SET next_run_at = excluded.next_run_at
            """)
        let heard = Collected<String>()
        let isConnected = Collected<Bool>()
        let listening = try Listening(
            PoolSettings(conninfo: try database.scratch.conninfo), channels: [Store.jobsChannel],
            onConnected: { isConnected.add(true) }, onNotification: { _, name in heard.add(name) })
        Thread.detachNewThread { listening.run() }
        defer { listening.stop() }
        let end = Deadline(afterMilliseconds: 10_000)
        while isConnected.all.isEmpty, end.remainingMilliseconds > 0 { usleep(20_000) }
        XCTAssertThrowsError(
            try transact { (transaction) throws(Failure) in
                _ = try transaction.startHealthRun(of: [Slug.openai], by: "alice", at: self.noon)
                throw .conflict("undone")
            })
        XCTAssertEqual(try value("SELECT next_run_at > now() FROM jobs WHERE name = 'health_runs'"), true)
        _ = try start([Slug.openai])
        while heard.all.isEmpty, end.remainingMilliseconds > 0 { usleep(20_000) }
        XCTAssertEqual(heard.all, [HealthRun.jobName], "once, with the commit")
        XCTAssertEqual(try value("SELECT next_run_at <= now() FROM jobs WHERE name = 'health_runs'"), true)
    }

    func testAnUnknownRunIsNotFound() throws {
        let nobody = ID<HealthRun>.make(at: noon)
        XCTAssertEqual(failure { try store.healthRun(nobody) }, .notFound("Health check"))
        let noon = noon
        XCTAssertEqual(
            failure {
                try transact { (transaction) throws(Failure) in try transaction.cancelHealthRun(nobody, at: noon).run }
            }, .notFound("Health check"))
    }

    func testOldRunsGoAndOthersStay() throws {
        let old = try start([Slug.openai])
        try finish(try XCTUnwrap(claim().first))
        let open = try start([Slug.claude])
        try run("UPDATE health_runs SET finished_at = now() - interval '31 days' WHERE finished_at IS NOT NULL")
        let gone = try transact { (transaction) throws(Failure) in try transaction.deleteOldHealthRuns(limit: 10) }
        XCTAssertEqual(gone, 1)
        XCTAssertEqual(failure { try store.healthRun(old.id) }, .notFound("Health check"))
        XCTAssertEqual(try store.healthRun(open.id).status, .pending)
    }
}
