import Domain
import Postgres
import ScratchDatabase
import XCTest

@testable import Store

/// What lists and usage read of 200,000 requests. Their statements run inside functions, so it is the server's counters
/// that tell, not a plan: none of them may read a table of requests or the rollups from one end to the other, or many
/// of their rows.
final class RequestPlanTests: UsageTestCase {
    override class func setUp() {
        super.setUp()
        XCTAssertNoThrow(
            try prepare(
                """
                SET session_replication_role = replica;
                INSERT INTO requests (id, provider_id, user_id, purpose, model, status, created_at, completed_at, response_ms,
                                      cost, currency)
                SELECT overlay(gen_random_uuid()::text placing left(uuid_floor(made.at)::text, 13) from 1 for 13)::uuid,
                       p.id, 'user ' || n % 500, 'recorded', 'model ' || n % 20,
                       CASE WHEN n % 100 = 0 THEN 'failed' WHEN n % 9999 = 0 THEN 'pending' ELSE 'completed' END, made.at,
                       CASE WHEN n % 9999 <> 0 OR n % 100 = 0 THEN made.at END, 100, 0.05, 'USD'
                FROM generate_series(1, 200000) AS n
                CROSS JOIN LATERAL (SELECT now() - n * interval '20 seconds' AS at) AS made
                JOIN providers p ON p.slug = (ARRAY['fal_ai', 'replicate', 'minimax', 'openai'])[1 + n % 4];
                INSERT INTO usage_rollups
                SELECT provider_id, grain, coalesce(model, ''), bucket, 'USD', count(*),
                       count(*) FILTER (WHERE status = 'pending'), 0, count(*) FILTER (WHERE status = 'completed'),
                       count(*) FILTER (WHERE status = 'failed'), 0, 0, sum(response_ms), count(*), 0, 0, sum(cost)
                FROM requests
                CROSS JOIN LATERAL (VALUES ('quarter', quarter_of(created_at)), ('day', day_of(created_at)))
                    AS g (grain, bucket)
                GROUP BY provider_id, grain, bucket, GROUPING SETS ((model), ());
                SET session_replication_role = DEFAULT;
                ANALYZE
                """))
    }

    /// Rows that `body` read of the tables whose names match, which are those of requests unless told: by whole scans,
    /// and by indexes.
    private func reads(
        of tables: String = "^requests_", _ body: (Store) throws -> Void
    ) throws -> (scanned: Int, fetched: Int) {
        let pool = try database.singleSession()
        let before = try counters(tables)
        try body(Store(pool: pool, keys: try ring()))
        // Counters become visible at the end of the statement.
        _ = try pool.withSession(mapping: { $0 }) { (session) throws(PostgresError) in
            try session.query("SELECT pg_stat_force_next_flush()::text") { (row) throws(PostgresError) in
                try row.nextOptional(String.self)
            }
        }
        let after = try counters(tables)
        return (after.scanned - before.scanned, after.fetched - before.fetched)
    }

    private func counters(_ tables: String) throws -> (scanned: Int, fetched: Int) {
        let text: String = try value(
            """
            SELECT coalesce(sum(seq_tup_read), 0) || ' ' || coalesce(sum(idx_tup_fetch), 0)
            FROM pg_stat_user_tables
            WHERE relname ~ \(tables)
            """)
        let parts = text.split(separator: " ").compactMap { Int($0) }
        return (try XCTUnwrap(parts.first), try XCTUnwrap(parts.last))
    }

    private let fal = Result { () throws(Failure) in try ProviderSlug("fal_ai") }

    /// A quarter of an hour has 45 requests here, a page 50, and both ends of a period may lie within a quarter.
    private func assertPage(
        _ filter: RequestFilter, offset: Int = 0, atMost most: Int = 400, file: StaticString = #filePath,
        line: UInt = #line
    ) throws {
        let slug = try fal.get()
        let reads = try reads { store in
            let slice = try store.requests(of: slug, filter, Page(limit: 50, offset: offset))
            XCTAssertGreaterThan(slice.total, offset, file: file, line: line)
            XCTAssertFalse(slice.rows.isEmpty, file: file, line: line)
        }
        XCTAssertEqual(reads.scanned, 0, "whole tables were read", file: file, line: line)
        XCTAssertLessThan(reads.fetched, most, "rows were read that are not shown", file: file, line: line)
    }

    func testAPageReadsLittleMoreThanItShows() throws {
        for offset in [0, 20_000, 49_000] { try assertPage(RequestFilter(), offset: offset) }
    }

    func testAFilteredPageReadsLittleMoreThanItShows() throws {
        try assertPage(RequestFilter(status: .completed), offset: 40_000)
        try assertPage(RequestFilter(status: .failed), offset: 1_500, atMost: 1_200)
        try assertPage(RequestFilter(status: .pending))
        try assertPage(RequestFilter(model: "model 4"), offset: 5_000)
        try assertPage(RequestFilter(userID: "user 8"), offset: 40, atMost: 800)
        let span = TimeSpan(
            start: Timestamp(seconds: Timestamp.now().seconds - 1_000_000),
            end: Timestamp(seconds: Timestamp.now().seconds - 500_000))
        try assertPage(RequestFilter(span: span), offset: 3_000)
    }

    func testAListWithoutRowsReadsNone() throws {
        for slug in [Slug.claude, try fal.get()] {
            let reads = try reads { store in
                XCTAssertEqual(
                    try store.requests(of: slug, RequestFilter(model: "none such"), Page(limit: 50)).total, 0)
            }
            XCTAssertEqual(reads.scanned, 0)
            XCTAssertLessThan(reads.fetched, 20)
        }
    }

    func testUsageReadsTheRollups() throws {
        let slug = try fal.get()
        let now = Timestamp.now()
        let span = ClosedSpan(start: Timestamp(seconds: now.seconds - 3_333_333), end: now)
        let reads = try reads { store in
            XCTAssertGreaterThan(
                try store.usage(of: slug, in: span, by: .day, zone: "Asia/Kolkata").total.requests, 40_000)
            XCTAssertEqual(try store.usageByModel(of: slug, in: span).count, 5)
            XCTAssertEqual(try store.usageSummary(in: span).providers.count, 4)
        }
        XCTAssertEqual(reads.scanned, 0)
        // Twelve ends of periods, each in a quarter with 12 requests of its provider.
        XCTAssertLessThan(reads.fetched, 200)
    }

    /// A day of UTC is a row; that of a zone is a row and the quarters between its midnight and the nearest one of UTC:
    /// 4 or 8 of them in Berlin, 22 in India, 48 at most. The two ends of the period may lie anywhere.
    func testADayOfAZoneReadsADayAndItsOffset() throws {
        let slug = try fal.get()
        let now = Timestamp.now()
        let span = ClosedSpan(start: Timestamp(seconds: now.seconds - 40 * 86_400), end: now)
        for (zone, quarters) in [
            ("UTC", 0), ("Europe/Berlin", 8), ("America/New_York", 20), ("Asia/Kolkata", 22), ("Asia/Kathmandu", 23),
            ("Pacific/Auckland", 48), ("Pacific/Kiritimati", 40), ("Pacific/Pago_Pago", 44),
        ] {
            let reads = try reads(of: "^usage_rollups$") { store in
                let report = try store.usage(of: slug, in: span, by: .day, zone: zone)
                XCTAssertGreaterThan(report.parts.count, 39, zone)
            }
            XCTAssertEqual(reads.scanned, 0, zone)
            XCTAssertLessThanOrEqual(reads.fetched, 42 * (1 + quarters) + 96, zone)
        }
    }

    func testAMonthOfAZoneReadsItsDays() throws {
        let slug = try fal.get()
        let now = Timestamp.now()
        let span = ClosedSpan(start: Timestamp(seconds: now.seconds - 3_000 * 86_400), end: now)
        let reads = try reads(of: "^usage_rollups$") { store in
            for unit in [UsageUnit.week, .month] {
                XCTAssertEqual(
                    try store.usage(of: slug, in: span, by: unit, zone: "Asia/Tokyo").total.requests, 50_000)
            }
        }
        XCTAssertEqual(reads.scanned, 0)
        XCTAssertLessThan(reads.fetched, 2 * (48 + 96) + 10 * 36)
    }

    func testARequestIsFoundByItsIndex() throws {
        let slug = try fal.get()
        let id: String = try value(
            "SELECT id::text FROM requests WHERE model = 'model 4' ORDER BY id DESC LIMIT 1")
        let reads = try reads { store in
            XCTAssertEqual(try store.request("req_" + id, of: slug).record.id.text, id)
        }
        XCTAssertEqual(reads.scanned, 0)
        XCTAssertLessThan(reads.fetched, 5)
    }
}
