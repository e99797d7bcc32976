import Domain
import Postgres
import ScratchDatabase
import XCTest

@testable import Store

/// The plans of the lists of ledger and alerts, on tables that are large enough for a choice: any page of a ledger is
/// found by its index, without sorting and without passing the entries before it.
final class LedgerPlanTests: LedgerTestCase {
    override class func setUp() {
        super.setUp()
        XCTAssertNoThrow(try prepare(PlanTests.explained))
    }

    override func setUpWithError() throws {
        try super.setUpWithError()
        try run(
            """
            INSERT INTO credit_accounts (provider_id, currency, balance, entries)
            SELECT id, 'USD', 0, 40000 FROM providers WHERE slug = 'fal_ai';

            INSERT INTO credit_transactions
            SELECT a.id, n, CASE WHEN n % 500 = 0 THEN 'purchase' ELSE 'consumption' END, 1, n - 1, n, 'd',
                   CASE WHEN n % 500 = 0 THEN NULL ELSE gen_random_uuid() END, '{}', NULL,
                   '2026-03-05 12:00:00Z'::timestamptz + make_interval(secs => n / 10)
            FROM credit_accounts a CROSS JOIN generate_series(1, 40000) AS n;

            INSERT INTO alerts (provider_id, severity, type, message, resolved_at, resolved_by)
            SELECT p.id, 'low', 'custom', 'm', CASE WHEN n % 100 = 0 THEN NULL ELSE now() END,
                   CASE WHEN n % 100 = 0 THEN NULL ELSE 'alice' END
            FROM providers p CROSS JOIN generate_series(1, 5000) AS n;

            INSERT INTO jobs (name, every_seconds) VALUES ('j', 1) ON CONFLICT DO NOTHING;
            ANALYZE
            """)
    }

    /// The plan of the statement that begins with `-- Store.name`, which `body` runs, with the given binds.
    private func plan(of name: String, _ binds: [String?], _ body: (Store) throws -> Void) throws -> String {
        let pool = try database.singleSession()
        try body(Store(pool: pool, keys: try ring()))
        let literals = binds.map { $0.map { "'\($0)'" } ?? "NULL" }.joined(separator: ", ")
        let lines = try pool.withSession(mapping: { $0 }) { (session) throws(PostgresError) in
            try session.query(
                """
                SELECT explained(format('EXECUTE %I (%s)', name, \(literals)::text))
                FROM pg_prepared_statements
                WHERE statement LIKE '-- ' || \(name) || E'\\n%'
                """
            ) { (row) throws(PostgresError) in try row.next(String.self) }
        }
        XCTAssertFalse(lines.isEmpty, "\(name) was not run")
        return lines.joined(separator: "\n")
    }

    private func assertPlan(
        _ plan: String, uses index: String, sorted: Bool = false, file: StaticString = #filePath, line: UInt = #line
    ) {
        XCTAssertTrue(plan.contains(index), "\(index) in\n\(plan)", file: file, line: line)
        for table in ["credit_transactions", "alerts"] {
            XCTAssertFalse(plan.contains("Seq Scan on \(table)"), plan, file: file, line: line)
        }
        if !sorted { XCTAssertFalse(plan.contains("Sort"), plan, file: file, line: line) }
    }

    private func list(_ type: CreditType? = nil, span: TimeSpan = .always, offset: Int = 30_000) -> (Store) throws ->
        Void
    {
        { store in
            _ = try store.creditTransactions(
                of: Self.fal, CreditFilter(span: span, type: type), Page(limit: 50, offset: offset))
        }
    }

    private func account() throws -> String { String(try value("SELECT id FROM credit_accounts", as: Int.self)) }

    func testADeepPageIsFoundByItsNumbers() throws {
        let plan = try plan(of: "Store.creditEntries", [account(), "1", "10000", "40000", "51"], list())
        assertPlan(plan, uses: "credit_transactions_pkey")
    }

    func testAPeriodIsFoundByIndex() throws {
        let span = TimeSpan(start: later(10), end: later(2_000))
        let plan = try plan(
            of: "Store.creditRange", [later(10).iso(.seconds), later(2_000).iso(.seconds), "fal_ai"],
            list(span: span))
        assertPlan(plan, uses: "Index Only Scan using credit_transactions_time")
    }

    func testADeepPageOfConsumptionIsFoundAmongTheFewOthers() throws {
        let top = try plan(
            of: "Store.creditConsumptionTop", [account(), "1", "40000", "40000", "30000"], list(.consumption))
        assertPlan(top, uses: "credit_transactions_others", sorted: true)
        let page = try plan(
            of: "Store.creditConsumption", [account(), "1", "10000", "40000", "51"], list(.consumption))
        assertPlan(page, uses: "credit_transactions_pkey")
    }

    func testTheRareTypesHaveAnIndexOfTheirOwn() throws {
        let count = try plan(
            of: "Store.creditOthersCount", [account(), "purchase", "purchase", "1", "40000"],
            list(.purchase, offset: 10))
        assertPlan(count, uses: "credit_transactions_others")
        let page = try plan(
            of: "Store.creditOthers", [account(), "purchase", "1", "40000", "40000", "51", "10"],
            list(.purchase, offset: 10))
        assertPlan(page, uses: "credit_transactions_others")
    }

    func testOpenAlertsAreFoundAmongManyResolvedOnes() throws {
        let list: (Store) throws -> Void = { store in
            XCTAssertEqual(try store.alerts(of: Self.fal, AlertFilter(), Page(limit: 10)).total, 50)
        }
        let page = try plan(of: "Store.alerts", ["fal_ai", nil, nil, nil, nil, nil, "11", "0"], list)
        assertPlan(page, uses: "alerts_open")
        let count = try plan(of: "Store.countAlerts", [nil, nil, nil, nil, "fal_ai"], list)
        assertPlan(count, uses: "alerts_open")
    }

    func testResolvedAlertsAreFoundByProvider() throws {
        let page = try plan(of: "Store.alerts", ["fal_ai", nil, nil, nil, nil, nil, "11", "0"]) { store in
            _ = try store.alerts(of: Self.fal, AlertFilter(resolved: true), Page(limit: 10))
        }
        assertPlan(page, uses: "alerts_provider")
    }
}
