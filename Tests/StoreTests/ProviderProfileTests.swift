import Domain
import Postgres
import XCTest

@testable import Store

/// Providers as contract 3 shows them, on tables of the size that they grow to.
final class ProviderProfileTests: UsageTestCase {
    override class func setUp() {
        super.setUp()
        XCTAssertNoThrow(try prepareExplanations())
        XCTAssertNoThrow(
            try prepare(
                """
                INSERT INTO health_checks (provider_id, checked_at, status, response_ms, reason)
                SELECT p.id, now() - make_interval(mins => 5 * n), 'healthy', 120, 'scheduled'
                FROM providers p
                CROSS JOIN generate_series(1, 9000) AS n;
                INSERT INTO models (provider_id, name, display_name, kind)
                SELECT p.id, 'listed ' || n, 'Listed ' || n, 'image'
                FROM providers p
                CROSS JOIN generate_series(1, 1000) AS n
                WHERE p.slug IN ('fal_ai', 'replicate');
                INSERT INTO prices (model_id, effective_from, per_generation, source)
                SELECT m.id, timestamptz '2024-01-01' + make_interval(days => n), 0.01 * n, 'test'
                FROM models m
                CROSS JOIN generate_series(1, 10) AS n
                """))
        XCTAssertNoThrow(try prepare("VACUUM (ANALYZE) health_checks"))
        XCTAssertNoThrow(try prepare("ANALYZE"))
    }

    private let everything = ProviderFilter(text: nil, capability: nil, enabled: nil)

    func testUsageIsTheSameBeforeAndAfterItIsPosted() throws {
        try run(
            """
            TRUNCATE requests, usage_tail, usage_rollups, usage_by_owner, credit_transactions, credit_accounts,
                provider_usage RESTART IDENTITY
            """)
        try fill(2_000, from: "2026-01-01", to: "2026-03-01")
        let count = try value(
            "SELECT count(*) FROM requests r JOIN providers p ON p.id = r.provider_id WHERE p.slug = 'openai'",
            as: Int.self)
        XCTAssertEqual(try store.profile(of: Slug.openai).usageCount, count)
        while try post(300) > 0 { XCTAssertEqual(try store.profile(of: Slug.openai).usageCount, count) }
        XCTAssertEqual(try value("SELECT count(*) FROM usage_tail", as: Int.self), 0)
        XCTAssertEqual(
            try value("SELECT sum(requests)::bigint FROM provider_usage", as: Int.self), 2_000)
        // A change of a request counts it no second time.
        try run("UPDATE requests SET status = 'failed' WHERE status = 'completed'")
        XCTAssertEqual(try store.profile(of: Slug.openai).usageCount, count)
        try postAll()
        XCTAssertEqual(try store.profile(of: Slug.openai).usageCount, count)
    }

    func testTheListReadsTheEndOfTheChecksOnly() throws {
        let plan = try plan(of: "Store.profiles", ["", "", "", "", "t", "t", "50", "0"]) { store in
            let page = try store.profiles(everything, Page(limit: 50))
            XCTAssertEqual(page.total, page.rows.count)
            XCTAssertEqual(page.rows.map(\.health), page.rows.map { _ in .healthy })
        }
        XCTAssertFalse(plan.contains("Seq Scan on health_checks"), plan)
        XCTAssertTrue(plan.contains("health_checks_provider"), plan)
    }

    func testAPageOfModelsLooksUpThePricesOfItsRowsOnly() throws {
        let now = Timestamp.now()
        let filter = ModelFilter(provider: nil, capability: "image", text: "listed", isAvailable: true)
        let page = try store.offeredModels(filter, at: now, Page(limit: 20, offset: 1_990))
        XCTAssertEqual(page.total, 2_000)
        XCTAssertEqual(page.rows.count, 10)
        XCTAssertEqual(page.rows.map(\.price?.perGeneration?.text), page.rows.map { _ in "0.1" })
        let text = now.iso(.microseconds)
        let plan = try plan(
            of: "Store.offeredModels", [text, "", "", "", "", "", "", "t", text, "t", "20", "0", text]
        ) { store in _ = try store.offeredModels(filter, at: now, Page(limit: 20)) }
        XCTAssertTrue(plan.contains("prices_one_version_at_a_time"), plan)
    }

    func testAChangeNeedsTheVersionThatWasRead() throws {
        let before = try store.profile(of: Slug.cohere)
        let noon = noon
        let change = { (versions: [Int]?) in
            try self.transact { (transaction) throws(Failure) in
                try transaction.changeProfile(of: Slug.cohere, ifVersions: versions, at: noon) { current in
                    var change = ProviderProfileChange()
                    change.enabled = !current.enabled
                    return change
                }.after
            }
        }
        XCTAssertFalse(try change([before.version]).enabled)
        XCTAssertEqual(failure { try change([before.version]) }, .preconditionFailed)
        XCTAssertTrue(try change(nil).enabled)
        XCTAssertEqual(failure { try store.profile(of: Slug.nobody) }, .notFound("Provider"))
    }
}
