import XCTest

@testable import Postgres

final class StatementTests: DatabaseTestCase {
    func testARefusedStatementHasItsStateAndItsConstraint() throws {
        let pool = try pool()
        try pool.run(
            "CREATE TABLE people (name text CONSTRAINT people_name_key UNIQUE, age int CONSTRAINT grown CHECK (age > 17))"
        )
        func insert(_ name: String, _ age: Int) throws {
            _ = try pool.use { session throws(PostgresError) in
                try session.execute("INSERT INTO people VALUES (\(name), \(age))")
            }
        }
        try insert("a", 20)
        guard case .server("23505", "people_name_key", let message) = failure({ try insert("a", 20) }) else {
            return XCTFail("not a unique violation")
        }
        XCTAssertFalse(message.isEmpty)
        guard case .server("23514", "grown", _) = failure({ try insert("b", 1) }) else {
            return XCTFail("not a check violation")
        }
        XCTAssertEqual(failure { try pool.run("SELEKT") }?.sqlState, "42601")
        XCTAssertEqual(failure { _ = try pool.value("SELECT 1 / \(0)", as: Int.self) }?.sqlState, "22012")
        XCTAssertEqual(try pool.value("SELECT count(*) FROM people"), 1)
    }

    func testExecuteCountsTheRowsItTouched() throws {
        let pool = try pool()
        try pool.use { session throws(PostgresError) in
            XCTAssertEqual(try session.execute("CREATE TABLE counted (n int)"), 0)
            XCTAssertEqual(try session.execute("INSERT INTO counted SELECT generate_series(1, 7)"), 7)
            XCTAssertEqual(try session.execute("UPDATE counted SET n = 0 WHERE n > \(4)"), 3)
            XCTAssertEqual(try session.execute("DELETE FROM counted WHERE n = \(99)"), 0)
        }
    }

    func testAStatementIsPreparedOnceForEachConnection() throws {
        let pool = try pool(size: 1)
        for number in 0..<5 { XCTAssertEqual(try pool.value("SELECT \(number)::int + 1"), number + 1) }
        XCTAssertEqual(
            try pool.value("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT $1::int%'"), 1)
        XCTAssertEqual(try pool.value("SELECT bool_and(from_sql = false) FROM pg_prepared_statements"), true)
    }

    func testNothingIsPreparedWhenThatIsOff() throws {
        let pool = try pool(size: 1) { $0.usesPreparedStatements = false }
        XCTAssertEqual(try pool.value("SELECT \(1)::int"), 1)
        XCTAssertEqual(try pool.value("SELECT count(*) FROM pg_prepared_statements"), 0)
        try pool.transact { session throws(PostgresError) in
            XCTAssertEqual(try session.value("SELECT current_setting('statement_timeout')"), "10s")
        }
        XCTAssertEqual(try pool.value("SELECT current_setting('statement_timeout')"), "0")
    }

    func testTheCacheOfPreparedStatementsIsBounded() throws {
        let connection = try Connection(settings: settings())
        for count in 1...(Connection.preparedLimit + 20) {
            // As many texts as wanted from one literal: each has another number of placeholders.
            var pieces = SQL.StringInterpolation(literalCapacity: 0, interpolationCount: count)
            pieces.appendLiteral("SELECT ARRAY[")
            for place in 1...count {
                pieces.appendInterpolation(place)
                pieces.appendLiteral(place < count ? "::int," : "::int]")
            }
            _ = try connection.run(SQL(stringInterpolation: pieces))
        }
        XCTAssertLessThanOrEqual(connection.preparedNames.count, Connection.preparedLimit)
        let session = Session(connection)
        let known: Int = try session.value("SELECT count(*) FROM pg_prepared_statements")
        XCTAssertLessThanOrEqual(known, Connection.preparedLimit)
    }

    func testAPlanThatNoLongerFitsIsMadeAgain() throws {
        let pool = try pool(size: 1)
        try pool.run("CREATE TABLE changing (a int); INSERT INTO changing VALUES (1)")
        func columns() throws -> Int {
            try pool.use { session throws(PostgresError) in
                try session.query("SELECT * FROM changing") { (row: inout Row) throws(PostgresError) in
                    var count = 0
                    while (try? row.next(Int.self)) != nil { count += 1 }
                    return count
                }
            }.first ?? 0
        }
        XCTAssertEqual(try columns(), 1)
        try pool.run("ALTER TABLE changing ADD b int NOT NULL DEFAULT 2")
        XCTAssertEqual(try columns(), 2)
        // Inside a transaction the error has ended it; the next transaction works.
        try pool.run("ALTER TABLE changing ADD c int NOT NULL DEFAULT 3")
        let error = failure {
            try pool.transact { session throws(PostgresError) in
                _ = try session.query("SELECT * FROM changing") { (row: inout Row) throws(PostgresError) in
                    try row.next(Int.self)
                }
            }
        }
        XCTAssertEqual(error?.sqlState, "0A000")
        XCTAssertEqual(try columns(), 3)
    }

    func testPreparedStatementsThatTheServerForgotAreMadeAgain() throws {
        let pool = try pool(size: 1)
        XCTAssertEqual(try pool.value("SELECT \(1)::int"), 1)
        try pool.run("DEALLOCATE ALL")
        XCTAssertEqual(try pool.value("SELECT \(2)::int"), 2)
    }

    func testAScriptIsOneTransactionOfItsOwn() throws {
        let pool = try pool()
        XCTAssertEqual(
            failure { try pool.run("CREATE TABLE half (a int); SELECT 1/0; CREATE TABLE other (a int)") }?.sqlState,
            "22012")
        XCTAssertEqual(try pool.value("SELECT to_regclass('half') IS NULL"), true)
    }

    func testCopyIsRefusedWhereItCannotWork() throws {
        let pool = try pool(size: 1)
        for text in ["COPY pg_class TO STDOUT", "CREATE TEMP TABLE t (a int); COPY t FROM STDIN"] {
            XCTAssertEqual(failure { try pool.run(text) }, .outcomeUnknown, text)
        }
        XCTAssertEqual(try pool.value("SELECT 1"), 1)
    }

    func testASlowStatementIsEndedByTheServer() throws {
        let pool = try pool { $0.statementMilliseconds = 200 }
        let time = seconds {
            XCTAssertEqual(failure { try pool.run("SELECT pg_sleep(20)") }, .timedOut)
        }
        XCTAssertLessThan(time, 5)
        XCTAssertEqual(try pool.value("SELECT 1"), 1)
    }

    func testALockThatIsNotGivenIsATimeout() throws {
        let pool = try pool { $0.lockMilliseconds = 100 }
        try pool.run("CREATE TABLE locked (a int)")
        try pool.transact { session throws(PostgresError) in
            try session.script("LOCK TABLE locked")
            XCTAssertEqual(failure { try pool.run("SELECT * FROM locked") }, .timedOut)
        }
    }

    func testATransactionThatIsLeftIdleIsATimeout() throws {
        let pool = try pool { $0.idleInTransactionMilliseconds = 100 }
        let error = failure {
            try pool.transact { session throws(PostgresError) in
                try session.script("SELECT 1")
                usleep(600_000)
                try session.script("SELECT 2")
            }
        }
        XCTAssertEqual(error, .timedOut)
        XCTAssertEqual(try pool.value("SELECT 1"), 1)
    }

    func testTheLimitOfOneTransactionEndsWithIt() throws {
        let pool = try pool(size: 1) { $0.statementMilliseconds = 300 }
        try pool.transact { session throws(PostgresError) in
            try session.limitStatements(toMilliseconds: 0)
            try session.script("SELECT pg_sleep(1.6)")
        }
        XCTAssertEqual(failure { try pool.run("SELECT pg_sleep(20)") }, .timedOut)
        let outside = failure {
            try pool.use { session throws(PostgresError) in try session.limitStatements(toMilliseconds: 5) }
        }
        XCTAssertEqual(outside?.sqlState, "25P01")
    }
}
