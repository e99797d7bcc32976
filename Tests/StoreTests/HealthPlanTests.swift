import Domain
import Foundation
import Postgres
import ScratchDatabase
import XCTest

@testable import Store

/// The statements of the overview and of the audit log on tables of the size that they grow to.
final class HealthPlanTests: StoreTestCase {
    /// A check every five minutes makes nearly nine thousand in 30 days.
    override class func setUp() {
        super.setUp()
        XCTAssertNoThrow(try prepareExplanations())
        XCTAssertNoThrow(
            try prepare(
                """
                -- VACUUM takes rows for visible only once their commit is on disk.
                SET LOCAL synchronous_commit = on;
                INSERT INTO health_checks (provider_id, checked_at, status, response_ms, error_kind, reason,
                                           held_status, held_ms)
                SELECT p.id, now() - make_interval(mins => 5 * n), CASE WHEN n % 50 = 0 THEN 'down' ELSE 'healthy' END,
                       120, CASE WHEN n % 50 = 0 THEN 'unreachable' END, 'scheduled', 'healthy', 300000
                FROM providers p
                CROSS JOIN generate_series(1, 9000) AS n;

                INSERT INTO audit_log (seq, at, actor, owner, action, subject, provider, outcome, remote_address,
                                       request_id, details, key_id, previous_hash, hash)
                SELECT n, now() - make_interval(secs => 60000 - n), 'user ' || n % 500, 'user:x', 'act.' || n % 20, 's',
                       CASE WHEN n % 3 = 0 THEN 'provider_' || n % 10 END,
                       CASE WHEN n % 1000 = 0 THEN 'failed' ELSE 'success' END, '127.0.0.1', 'r', '{}', 'k1',
                       decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex')
                FROM generate_series(1, 60000) AS n;
                UPDATE audit_head SET seq = 60000
                """))
        XCTAssertNoThrow(try prepare("VACUUM (ANALYZE) health_checks"))
        XCTAssertNoThrow(try prepare("VACUUM (ANALYZE) audit_log"))
    }

    private func assertOneIndex(_ plan: String, file: StaticString = #filePath, line: UInt = #line) {
        XCTAssertFalse(plan.contains("Seq Scan on health_checks"), plan, file: file, line: line)
        XCTAssertFalse(plan.contains("health_checks_pkey"), plan, file: file, line: line)
        XCTAssertTrue(plan.contains("health_checks_provider"), plan, file: file, line: line)
    }

    func testTheFiguresAreReadFromOneIndexAlone() throws {
        let now = Timestamp.now()
        let text = now.iso(.microseconds)
        let all = try plan(of: "Store.health", [text, "", "", ""]) { store in
            XCTAssertEqual(try store.health(at: now).count, try store.providers().count { $0.enabled })
        }
        assertOneIndex(all)
        XCTAssertFalse(all.contains("Index Scan using health_checks") || all.contains("Bitmap"), all)
        let one = try plan(of: "Store.health", [text, "openai", "openai", "openai"]) { store in
            XCTAssertEqual(try store.health(of: Slug.openai, at: now).uptime24Hours?.text, "100")
        }
        XCTAssertFalse(one.contains("Index Scan using health_checks") || one.contains("Bitmap"), one)
    }

    func testTheProblemsAreReadFromThatIndexToo() throws {
        let now = Timestamp.now()
        let problems = try plan(of: "Store.healthProblems", ["openai", now.iso(.microseconds), "10"]) { store in
            XCTAssertEqual(try store.healthProblems(of: Slug.openai, limit: 10, at: now).count, 5)
        }
        assertOneIndex(problems)
        let message = try plan(of: "Store.healthMessage", ["openai"]) { store in
            XCTAssertNil(try store.healthMessage(of: Slug.openai))
        }
        assertOneIndex(message)
    }

    func testTheOverviewOfNinetyThousandChecksTakesAMoment() throws {
        let store = try store
        _ = try store.health(at: .now())
        let start = Deadline.clock()
        for _ in 0..<10 { _ = try store.health(at: .now()) }
        XCTAssertLessThan((Deadline.clock() - start) / 10_000_000, 300)
    }

    /// PostgreSQL must not settle for one plan for all filters, however often the statement has run.
    func testTheAuditLogIsFilteredByIndexHoweverOftenItIsAsked() throws {
        let pool = try database.singleSession()
        let store = Store(pool: pool, keys: try ring())
        for number in 0..<16 {
            var filter = AuditFilter()
            switch number % 4 {
            case 0: filter.actor = "user 77"
            case 1: filter.action = "act.7"
            case 2: filter.outcome = .failed
            default: filter.provider = "provider_9"
            }
            let slice = try store.audit(filter, Page(limit: 50))
            XCTAssertEqual(slice.rows.count, 50)
            XCTAssertFalse(slice.isEstimate)
        }
        for (place, value, index) in [(1, "user 77", "audit_log_actor"), (4, "failed", "audit_log_trouble")] {
            var binds = Array(repeating: "NULL", count: 14)
            binds.replaceSubrange(2 * place..<2 * place + 2, with: ["'\(value)'", "'\(value)'"])
            for (name, arguments) in [
                ("Store.audit", binds + ["50", "0"]), ("Store.auditCount", Array(binds.dropFirst(2)) + ["10001"]),
            ] {
                let lines = try pool.withSession(mapping: { $0 }) { (session) throws(PostgresError) in
                    try session.query(
                        """
                        SELECT explained(format('EXECUTE %I (%s)', name, \(arguments.joined(separator: ", "))::text))
                        FROM pg_prepared_statements
                        WHERE statement LIKE '-- ' || \(name) || E'\\n%'
                        """
                    ) { (row) throws(PostgresError) in try row.next(String.self) }
                }
                XCTAssertTrue(lines.joined().contains(index), "\(name): \(lines.joined(separator: "\n"))")
            }
        }
    }
}
