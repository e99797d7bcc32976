import Domain
import Postgres
import ScratchDatabase
import XCTest

@testable import Store

final class PartitionTests: StoreTestCase {
    override func setUpWithError() throws { try run("TRUNCATE requests") }

    private func insert(_ id: ID<ProviderRequest>) throws {
        try run(
            """
            INSERT INTO requests (id, provider_id, purpose, model, status, created_at, completed_at)
            SELECT '\(id)', id, 'test', 'm', 'failed', now(), now() FROM providers WHERE slug = 'openai'
            """)
    }

    private func partition(of id: ID<ProviderRequest>) throws -> String {
        try value("SELECT tableoid::regclass::text FROM requests WHERE id = \(id)")
    }

    private func made(from moment: String, months: Int) throws -> Int {
        try value("SELECT create_request_partitions(\(moment)::timestamptz, \(months))")
    }

    private func moment(_ text: String) throws -> Timestamp {
        try value("SELECT \(text)::timestamptz", as: Timestamp.self)
    }

    private func plan(_ statement: String) throws -> String {
        try column("SELECT explained(\(statement))", as: String.self).compactMap { $0 }.joined(separator: "\n")
    }

    override class func setUp() {
        super.setUp()
        XCTAssertNoThrow(try prepareExplanations())
    }

    // MARK: - Where rows lie

    func testACallIsFoundInItsMonthByItsIDAlone() throws {
        let id = ID<ProviderRequest>.make(at: .now())
        try insert(id)
        let month = try value("SELECT 'requests_' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')", as: String.self)
        XCTAssertEqual(try partition(of: id), month)
        try run("ANALYZE requests")
        let plan = try plan("SELECT * FROM requests WHERE id = '\(id)'")
        let touched = plan.split(separator: "\n").filter { $0.contains(" on requests") }
        XCTAssertEqual(touched.count, 1, plan)
        XCTAssertTrue(plan.contains(" on \(month) "), plan)
    }

    func testACallThatIsRecordedLiesInTheMonthInWhichItBegan() throws {
        _ = try made(from: "2026-01-01", months: 2)
        let target = try store.callTarget(try configure().connection.id, of: owner)
        let startedAt = try moment("2026-01-31 23:59:59.999999Z")
        let (owner, call) = (
            owner,
            FailedCall(
                purpose: "test", userID: "u", model: "m", kind: .timedOut, startedAt: startedAt,
                completedAt: Timestamp(seconds: startedAt.seconds + 60), responseMilliseconds: 60_000,
                httpRequestID: "r")
        )
        try transact { (transaction) throws(Failure) in try transaction.record(call, through: target, of: owner) }
        XCTAssertEqual(
            try column("SELECT tableoid::regclass::text FROM requests", as: String.self), ["requests_2026_01"])
    }

    func testMonthsBeginAtTheirFirstMillisecondInUTC() throws {
        _ = try made(from: "2031-05-20 10:00", months: 2)
        for (text, name) in [
            ("2031-04-30 23:59:59.999999Z", "requests_other"), ("2031-05-01 00:00:00Z", "requests_2031_05"),
            ("2031-05-31 23:59:59.999999Z", "requests_2031_05"), ("2031-06-01 00:00:00Z", "requests_2031_06"),
            ("2031-07-01 00:00:00Z", "requests_other"),
        ] {
            let id = ID<ProviderRequest>.make(at: try moment(text))
            try insert(id)
            XCTAssertEqual(try partition(of: id), name, text)
        }
    }

    func testARangeOfTimeIsARangeOfIDs() throws {
        for text in ["2026-03-05 12:00:00.000999Z", "2026-03-05 12:00:00.123456Z", "2026-03-05 12:00:00.9999Z"] {
            let moment = try moment(text)
            let id = ID<ProviderRequest>.make(at: moment)
            XCTAssertTrue(try value("SELECT uuid_floor(\(moment)) <= \(id)::uuid", as: Bool.self), text)
            XCTAssertTrue(
                try value("SELECT \(id)::uuid < uuid_floor(\(moment)::timestamptz + interval '1 ms')", as: Bool.self),
                text)
        }
        XCTAssertEqual(
            try value("SELECT uuid_floor('2026-03-05 12:00:00.001Z')", as: String.self),
            "019cbdde-7a01-0000-0000-000000000000")
    }

    func testTheDefaultPartitionTakesOddDates() throws {
        for text in ["1970-01-01 00:00:00Z", "1999-12-31 23:59:59Z", "2999-01-01 00:00:00Z"] {
            let id = ID<ProviderRequest>.make(at: try moment(text))
            try insert(id)
            XCTAssertEqual(try partition(of: id), "requests_other", text)
        }
        // An ID that was made elsewhere, of version 4.
        let foreign = try XCTUnwrap(ID<ProviderRequest>("f81d4fae-7dec-41d0-a765-00a0c91e6bf6"))
        try insert(foreign)
        XCTAssertEqual(try partition(of: foreign), "requests_other")
    }

    // MARK: - Making partitions

    func testPartitionsAreMadeOnce() throws {
        XCTAssertEqual(try made(from: "2032-11-30 23:00", months: 3), 3)
        XCTAssertEqual(try made(from: "2032-11-01", months: 3), 0)
        XCTAssertEqual(try made(from: "2032-12-31", months: 3), 1)
        XCTAssertEqual(try made(from: "2032-12-31", months: 0), 0)
        XCTAssertEqual(
            try column(
                """
                SELECT inhrelid::regclass::text
                FROM pg_inherits
                WHERE inhparent = 'requests'::regclass AND inhrelid::regclass::text ~ '203[23]'
                ORDER BY 1
                """, as: String.self),
            ["requests_2032_11", "requests_2032_12", "requests_2033_01", "requests_2033_02"])
    }

    func testTheMigrationMadeTheMonthsAroundNow() throws {
        XCTAssertEqual(try value("SELECT create_request_partitions(now() - interval '3 months', 7)", as: Int.self), 0)
    }

    func testAMonthCanStillBeMadeWhenSomeOfItsRowsLieInTheDefaultPartition() throws {
        let early = ID<ProviderRequest>.make(at: try moment("2034-02-01 00:00:00Z"))
        let late = ID<ProviderRequest>.make(at: try moment("2034-02-28 23:59:59.999Z"))
        let next = ID<ProviderRequest>.make(at: try moment("2034-03-01 00:00:00Z"))
        for id in [early, late, next] { try insert(id) }
        XCTAssertEqual(try partition(of: early), "requests_other")
        XCTAssertEqual(try made(from: "2034-02-10", months: 1), 1)
        XCTAssertEqual(try partition(of: early), "requests_2034_02")
        XCTAssertEqual(try partition(of: late), "requests_2034_02")
        XCTAssertEqual(try partition(of: next), "requests_other")
        XCTAssertEqual(try value("SELECT count(*) FROM requests", as: Int.self), 3)
    }

    func testAPartitionHasTheRulesAndIndexesOfTheTable() throws {
        _ = try made(from: "2035-01-01", months: 1)
        let constraints: SQL = """
            SELECT count(*) FROM pg_constraint WHERE conrelid = 'requests_2035_01'::regclass AND contype IN ('c', 'f', 'p')
            """
        XCTAssertEqual(
            try value(constraints, as: Int.self),
            try value(
                "SELECT count(*) FROM pg_constraint WHERE conrelid = 'requests'::regclass AND contype IN ('c', 'f', 'p')",
                as: Int.self))
        XCTAssertEqual(
            try value("SELECT count(*) FROM pg_index WHERE indrelid = 'requests_2035_01'::regclass", as: Int.self), 5)
        XCTAssertThrowsError(
            try run(
                """
                INSERT INTO requests (id, provider_id, purpose, model, status, created_at)
                VALUES (uuid_floor('2035-01-02Z'), gen_random_uuid(), 'test', 'm', 'pending', now())
                """)
        ) { XCTAssertEqual(($0 as? PostgresError)?.sqlState, "23503") }
    }

    func testTheServersMayMakePartitionsThoughNoTables() throws {
        let pool = try database.application
        let made = try pool.withSession(mapping: { $0 }) { (session) throws(PostgresError) in
            try session.query("SELECT create_request_partitions('2036-01-01', 2)") { (row) throws(PostgresError) in
                try row.next(Int.self)
            }
        }
        XCTAssertEqual(made, [2])
        for statement in ["CREATE TABLE t (i int)", "DELETE FROM requests", "DROP TABLE requests_2036_01"] {
            try assertForbidden(statement)
        }
    }

    func testSeveralMayMakePartitionsAtOnce() throws {
        let pool = try database.application
        let errors = concurrently(6) { _ in
            _ = try pool.withSession(mapping: { $0 }) { (session) throws(PostgresError) in
                try session.query("SELECT create_request_partitions('2037-01-01', 12)") { (row) throws(PostgresError) in
                    try row.next(Int.self)
                }
            }
        }
        XCTAssertEqual(errors.count, 0, "\(errors)")
    }
}
