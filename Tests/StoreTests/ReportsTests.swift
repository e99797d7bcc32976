import Domain
import Postgres
import ScratchDatabase
import XCTest

@testable import Store

/// The schema `reports` on some hundred thousand requests, of which some are not posted yet.
final class ReportsTests: SandboxTestCase {
    nonisolated(unsafe) private static var isFilled = false

    override func setUpWithError() throws {
        guard !Self.isFilled else { return }
        Self.isFilled = true
        try fillSandbox(days: 60, requests: 300_000)
        // The clocks of the Azores go back from one o'clock to midnight on the 26th.
        try fill(600, from: "2025-10-25 00:00+00", to: "2025-10-27 12:00+00", seed: 0.1)
        try postAll()
        try fill(60, from: "2025-10-25 12:00+00", to: "2025-10-26 12:00+00", seed: 0.2)
        try fill(2_000, from: "2026-01-10", to: "2026-02-20")
        _ = try post(700)
        try configure(for: .tenant("t1"))
        // The statements below ask the role for reports; what they cost is measured by a superuser.
        try run(
            """
            CREATE FUNCTION blocks(statement text) RETURNS bigint LANGUAGE plpgsql AS $$
            DECLARE
                plan json;
            BEGIN
                EXECUTE 'EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ' || statement INTO plan;
                RETURN (plan->0->'Plan'->>'Shared Hit Blocks')::bigint + (plan->0->'Plan'->>'Shared Read Blocks')::bigint;
            END
            $$;
            ANALYZE
            """)
    }

    private static let zones = ["Europe/Berlin", "UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati"]

    /// Days in the sample's period and in that of the rows that are not posted, one day and many.
    private func spans() throws -> [(String, String)] {
        let today = try value("SELECT (now() AT TIME ZONE 'UTC')::date - 1", as: String.self)
        let early = try value("SELECT (now() AT TIME ZONE 'UTC')::date - 40", as: String.self)
        return [
            (early, today), (today, today), ("2026-01-15", "2026-01-15"), ("2026-01-31", "2026-02-03"),
            ("2025-12-31", today),
        ]
    }

    /// Rows that only one of two questions has.
    private func assertEqualRows(_ left: String, _ right: String, file: StaticString = #filePath, line: UInt = #line)
        throws
    {
        try run(
            "CREATE VIEW compared AS ((\(left)) EXCEPT ALL (\(right))) UNION ALL ((\(right)) EXCEPT ALL (\(left)))"
        )
        defer { XCTAssertNoThrow(try run("DROP VIEW IF EXISTS compared")) }
        XCTAssertEqual(
            try value("SELECT count(*) FROM compared", as: Int.self), 0, "\(left)\n\(right)", file: file, line: line)
    }

    private func raw(_ columns: String, _ span: (String, String), _ zone: String, counts: String) -> String {
        """
        SELECT \(columns), \(counts)
        FROM requests r JOIN providers p ON p.id = r.provider_id
        WHERE r.created_at BETWEEN '\(span.0)'::date - 2 AND '\(span.1)'::date + 3
          AND (r.created_at AT TIME ZONE '\(zone)')::date BETWEEN '\(span.0)' AND '\(span.1)'
        GROUP BY \(columns)
        """
    }

    private let counts = """
        count(*), count(*) FILTER (WHERE r.status = 'completed'), count(*) FILTER (WHERE r.status = 'failed'),
        count(*) FILTER (WHERE r.status = 'cancelled'), count(*) FILTER (WHERE r.status IN ('pending', 'processing')),
        count(*) FILTER (WHERE r.status = 'completed' AND r.cost IS NULL), sum(r.prompt_tokens)::bigint,
        sum(r.completion_tokens)::bigint, round(avg(r.response_ms))::bigint, coalesce(sum(r.cost), 0)
        """

    /// Every report about spend against the requests themselves.
    private func assertSpendAddsUp(_ span: (String, String), _ zone: String) throws {
        let currency = "coalesce(r.currency, p.currency)"
        let arguments = "('\(span.0)', '\(span.1)', '\(zone)')"
        try assertEqualRows(
            "SELECT * FROM reports.spend_by_day\(arguments)",
            raw("(r.created_at AT TIME ZONE '\(zone)')::date, p.slug, \(currency)", span, zone, counts: counts))
        try assertEqualRows(
            "SELECT * FROM reports.spend_by_model\(arguments)",
            raw("p.slug, r.model, \(currency)", span, zone, counts: counts))
        try assertEqualRows(
            "SELECT * FROM reports.spend_by_provider\(arguments)",
            raw("p.slug, \(currency)", span, zone, counts: counts))
        try assertEqualRows(
            "SELECT * FROM reports.spend_by_owner\(arguments)",
            raw(
                "coalesce(r.owner, ''), p.slug, \(currency)", span, zone,
                counts: """
                    count(*), count(*) FILTER (WHERE r.status = 'completed'),
                    count(*) FILTER (WHERE r.status = 'failed'), coalesce(sum(r.cost), 0)
                    """))
    }

    func testSpendOfEveryKindInEveryZoneIsWhatTheRequestsAddUpTo() throws {
        for (number, zone) in Self.zones.enumerated() {
            // Long periods are slow to add up without rollups: one zone has to do for those.
            for (length, span) in try spans().enumerated() where number == 0 || 1...3 ~= length {
                try assertSpendAddsUp(span, zone)
            }
        }
    }

    func testADayThatHasTwoMidnightsBeginsWithTheFirst() throws {
        let zone = "Atlantic/Azores"
        for span in [("2025-10-25", "2025-10-25"), ("2025-10-26", "2025-10-26"), ("2025-10-25", "2025-10-26")] {
            XCTAssertGreaterThan(
                try value(
                    """
                    SELECT count(*)
                    FROM requests
                    WHERE (created_at AT TIME ZONE \(zone))::date BETWEEN \(span.0)::date AND \(span.1)::date
                    """, as: Int.self), 100)
            try assertSpendAddsUp(span, zone)
        }
        XCTAssertEqual(
            try column("SELECT (reports.beginning('2025-10-26', \(zone)) AT TIME ZONE 'UTC')::text", as: String.self),
            ["2025-10-26 00:00:00"])
    }

    func testTheViewsForOnesOwnQuestionsAddUpToTheRequests() throws {
        XCTAssertEqual(
            try value("SELECT sum(requests)::bigint FROM reports.usage", as: Int.self),
            try value("SELECT count(*) FROM requests", as: Int.self))
        XCTAssertEqual(
            try value("SELECT sum(cost)::text FROM reports.usage_by_owner", as: String.self),
            try value("SELECT sum(cost)::text FROM requests", as: String.self))
    }

    func testTheBalancesAreThoseOfTheAPI() throws {
        let store = try store
        for slug in ["fal_ai", "minimax", "openai"] {
            let expected = try store.balance(of: try ProviderSlug(slug), at: .now())
            let line = try value(
                """
                SELECT concat_ws('|', trim_scale(balance), trim_scale(cost_per_day), days_left)
                FROM reports.balances
                WHERE provider = \(slug) AND currency = 'USD'
                """, as: String.self)
            XCTAssertEqual(
                line,
                [expected.balance.balance.text, expected.consumptionRate?.text, expected.daysLeft?.text]
                    .compactMap { $0 }.joined(separator: "|"))
        }
    }

    func testReliabilityIsWhatTheChecksSay() throws {
        XCTAssertEqual(
            try value(
                """
                SELECT count(*)
                FROM reports.reliability('2000-01-01', current_date + 1) r
                JOIN (
                    SELECT p.slug, count(*) AS checks,
                           round(100.0 * sum(held_ms) FILTER (WHERE held_status <> 'down') / sum(held_ms), 4) AS uptime
                    FROM health_checks h
                    JOIN providers p ON p.id = h.provider_id
                    GROUP BY p.slug
                ) AS raw ON raw.slug = r.provider AND raw.checks = r.checks AND raw.uptime = r.uptime_percent
                """, as: Int.self),
            try value("SELECT count(DISTINCT provider_id) FROM health_checks", as: Int.self))
    }

    func testPriceChangesNameOldAndNewAndWhoAndWhy() throws {
        XCTAssertEqual(
            try column(
                """
                SELECT concat_ws('|', trim_scale(old_per_generation), trim_scale(new_per_generation), changed_by, reason)
                FROM reports.price_changes
                WHERE provider = 'fal_ai' AND model = 'flux-2-pro' AND old_currency IS NOT NULL
                ORDER BY effective_from
                """, as: String.self),
            ["0.05|0.06|sandbox|The provider raised its prices", "0.06|0.05|sandbox|The provider took the rise back"])
    }

    func testAKeyIsShownWithItsAgeAndWithoutAnythingOfIt() throws {
        XCTAssertEqual(
            try column(
                "SELECT concat_ws('|', provider, environment, belongs_to, type) FROM reports.key_ages", as: String.self),
            ["openai|default|tenant:t1|api_key"])
    }

    func testEveryReportRunsWithTheRightsOfItsRoleAndHasTheColumnsItNames() throws {
        let reports = Reports(pool: try database.reports)
        for report in Report.all {
            var rows = 0
            try reports.each(of: report, ReportScope(zone: "Europe/Berlin", provider: "openai")) { cells in
                rows += 1
                XCTAssertEqual(cells.count, report.columns.count, report.name)
                return true
            }
            XCTAssertEqual(rows > 0, report.name != "ledger-check" && report.name != "price-changes", report.name)
        }
    }

    func testAnUnknownZoneIsTheDatabasesRefusal() throws {
        let reports = Reports(pool: try database.reports)
        XCTAssertThrowsError(try reports.each(of: .spendByDay, ReportScope(zone: "Mars/Olympus")) { _ in true }) {
            XCTAssertEqual(($0 as? PostgresError)?.sqlState, "22023", "\($0)")
        }
    }

    func testTheRoleForReportsReadsNothingElse() throws {
        let tables = try column(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'public'", as: String.self)
        XCTAssertGreaterThan(tables.count, 30)
        let pool = try database.reports
        for statement in tables.compactMap({ $0 }).flatMap({ ["SELECT FROM \($0) LIMIT 1", "DELETE FROM \($0)"] })
            + [
                "SELECT FROM public.credit_ledger_faults", "SELECT public.create_request_partitions(now(), 1)",
                "CREATE TABLE public.mine (n integer)", "CREATE TABLE reports.mine (n integer)",
            ]
        {
            XCTAssertThrowsError(
                try pool.withSession(mapping: { $0 }) { (session) throws(PostgresError) in try session.script(statement)
                },
                statement
            ) { XCTAssertEqual(($0 as? PostgresError)?.sqlState, "42501", "\(statement): \($0)") }
        }
    }

    func testTheRoleForReportsHasNoRightButToReadThem() throws {
        try assertNone(
            """
            SELECT c.oid::regclass::text
            FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
              AND n.nspname !~ '^pg_toast'
              AND CASE
                      WHEN c.relkind = 'S' THEN has_sequence_privilege('providerd_reports', c.oid, 'USAGE, SELECT, UPDATE')
                      WHEN n.nspname = 'reports' THEN NOT has_table_privilege('providerd_reports', c.oid, 'SELECT')
                      ELSE has_any_column_privilege('providerd_reports', c.oid, 'SELECT')
                  END
            """, "reads what is no report, or not every report")
        try assertNone(
            """
            SELECT c.oid::regclass::text
            FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'pg_catalog'
              AND (has_table_privilege('providerd_reports', c.oid, 'DELETE, TRUNCATE, TRIGGER')
                   OR has_any_column_privilege('providerd_reports', c.oid, 'INSERT, UPDATE, REFERENCES'))
            """, "writes")
        try assertNone(
            """
            SELECT nspname
            FROM pg_namespace
            WHERE has_schema_privilege('providerd_reports', oid, 'CREATE')
               OR nspname = 'public' AND has_schema_privilege('providerd_reports', oid, 'USAGE')
            """, "makes")
        try assertNone("SELECT roleid::regrole::text FROM pg_auth_members WHERE member = 'providerd_reports'::regrole")
        try assertNone(
            """
            SELECT p.oid::regprocedure::text
            FROM pg_proc p
            WHERE p.pronamespace = 'reports'::regnamespace
              AND (p.prosecdef OR p.provolatile = 'v' OR NOT has_function_privilege('providerd_reports', p.oid, 'EXECUTE')
                   OR EXISTS (
                       SELECT
                       FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS granted
                       WHERE granted.grantee = 0))
            """, "is a function of somebody else, or one that could write")
    }

    func testNoColumnOfAnyReportHoldsASecretOrAPrompt() throws {
        try assertNone(
            """
            SELECT table_name || '.' || column_name
            FROM information_schema.columns
            WHERE table_schema = 'reports'
              AND column_name ~ '(seal|secret|hint|key|token$|password|hash|prompt$|metadata|request$|response$|user)'
            """)
        XCTAssertGreaterThan(
            try value("SELECT count(*) FROM information_schema.columns WHERE table_schema = 'reports'", as: Int.self),
            80)
    }

    func testNoReportReadsTheRequestsAndEachStaysWithinItsBudget() throws {
        let month = "(current_date - 29, current_date, 'Europe/Berlin')"
        // Blocks of 8 KiB; the requests alone have some ten thousand of them.
        let budgets = [
            ("reports.spend_by_day" + month, 5_000), ("reports.spend_by_model" + month, 4_500),
            ("reports.spend_by_provider" + month, 1_500), ("reports.spend_by_owner" + month, 5_000),
            ("reports.balances", 2_000), ("reports.price_changes", 200), ("reports.reliability" + month, 4_500),
            ("reports.key_ages", 50), ("reports.partitions", 500), ("reports.unposted", 300),
        ]
        for (report, budget) in budgets {
            // The first time also reads the catalogues.
            let (blocks, scans) = try database.owner.transaction(mapping: { $0 }) { (session) throws(PostgresError) in
                _ = try session.query("SELECT blocks(\("SELECT * FROM \(report)"))") { (row) throws(PostgresError) in
                    try row.next(Int.self)
                }
                let blocks = try session.query("SELECT blocks(\("SELECT * FROM \(report)"))") {
                    (row) throws(PostgresError) in try row.next(Int.self)
                }
                let scans = try session.query(
                    """
                    SELECT coalesce(sum(seq_scan + coalesce(idx_scan, 0)), 0)::bigint
                    FROM pg_stat_xact_user_tables
                    WHERE relname ~ '^request(s|_payloads|_keys)'
                    """
                ) { (row) throws(PostgresError) in try row.next(Int.self) }
                return (blocks.first ?? -1, scans.first ?? -1)
            }
            XCTAssertTrue((0...budget).contains(blocks), "\(report) read \(blocks) blocks")
            XCTAssertEqual(scans, 0, report)
        }
    }
}
