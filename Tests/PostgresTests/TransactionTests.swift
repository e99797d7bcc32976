import ScratchDatabase
import XCTest

@testable import Postgres

final class TransactionTests: DatabaseTestCase {
    private struct Refusal: Error, Equatable {}

    override func setUpWithError() throws {
        try pool().run("DROP TABLE IF EXISTS notes; CREATE TABLE notes (text text)")
    }

    private func count() throws -> Int { try pool().value("SELECT count(*) FROM notes") }

    private func insert(_ text: String, _ session: Session) throws(PostgresError) {
        _ = try session.execute("INSERT INTO notes VALUES (\(text))")
    }

    func testATransactionIsKeptWhenItsBodyReturns() throws {
        let result = try pool().transact { session throws(PostgresError) in
            try insert("a", session)
            try insert("b", session)
            return "done"
        }
        XCTAssertEqual(result, "done")
        XCTAssertEqual(try count(), 2)
    }

    func testATransactionIsUndoneWhenItsBodyThrowsAndTheErrorIsTheBodysOwn() throws {
        let pool = try pool(size: 1)
        XCTAssertThrowsError(
            try pool.transaction(mapping: { _ in Refusal() }) { session throws(Refusal) in
                do { try insert("a", session) } catch { XCTFail("\(error)") }
                throw Refusal()
            }
        ) { XCTAssertEqual($0 as? Refusal, Refusal()) }
        XCTAssertEqual(try count(), 0)
        XCTAssertEqual(pool.usage, Pool.Usage(lent: 0, idle: 1, waiting: 0))
    }

    func testAFailedRollbackDoesNotHideTheError() throws {
        let pool = try pool()
        XCTAssertThrowsError(
            try pool.transaction(mapping: { _ in Refusal() }) { session throws(Refusal) in
                // The backend ends itself, so that there is nobody left to roll back.
                XCTAssertThrowsError(try session.script("SELECT pg_terminate_backend(pg_backend_pid())"))
                throw Refusal()
            }
        ) { XCTAssertEqual($0 as? Refusal, Refusal()) }
        XCTAssertEqual(try pool.value("SELECT 1"), 1)
    }

    func testAnErrorThatTheBodyIgnoresStillUndoesTheTransaction() throws {
        let pool = try pool(size: 1)
        let error = failure {
            try pool.transact { session throws(PostgresError) in
                try insert("a", session)
                XCTAssertThrowsError(try session.script("SELECT 1/0"))
            }
        }
        XCTAssertEqual(error?.sqlState, "25P02")
        XCTAssertEqual(try count(), 0)
        XCTAssertEqual(try pool.value("SELECT 1"), 1)
    }

    func testASecondBeginInOneSessionIsRefused() throws {
        let error = failure {
            try pool().transact { session throws(PostgresError) in
                try session.transaction(mapping: { $0 }) { _ throws(PostgresError) in }
            }
        }
        XCTAssertEqual(error?.sqlState, "25001")
    }

    func testADeferredConstraintFailsAtCommitWithItsName() throws {
        let pool = try pool(size: 1)
        try pool.run(
            "CREATE TABLE IF NOT EXISTS once (n int CONSTRAINT once_n UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        let error = failure {
            try pool.transact { session throws(PostgresError) in
                try session.script("INSERT INTO once VALUES (1), (1)")
            }
        }
        guard case .server("23505", "once_n", _) = error else { return XCTFail("\(String(describing: error))") }
        XCTAssertEqual(pool.usage.idle, 1)
    }

    func testALinkLostDuringCommitLeavesTheOutcomeUnknown() throws {
        let pool = try pool()
        try pool.run(
            """
            CREATE TABLE fatal (n int);
            CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER die AFTER INSERT ON fatal DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION die();
            """)
        let inTransaction = failure {
            try pool.transact { session throws(PostgresError) in
                _ = try session.execute("INSERT INTO fatal VALUES (1)")
            }
        }
        XCTAssertEqual(inTransaction, .outcomeUnknown)
        // Outside a transaction the statement is its own COMMIT.
        let alone = failure {
            try pool.use { session throws(PostgresError) in _ = try session.execute("INSERT INTO fatal VALUES (1)") }
        }
        XCTAssertEqual(alone, .outcomeUnknown)
        XCTAssertEqual(failure { try pool.run("INSERT INTO fatal VALUES (1)") }, .outcomeUnknown)
        let copied = failure {
            try pool.use { session throws(PostgresError) in
                var chunks = [Array("1\n".utf8)]
                _ = try session.copyIn(sql: "COPY fatal FROM STDIN") { chunks.popLast() }
            }
        }
        XCTAssertEqual(copied, .outcomeUnknown)
        XCTAssertEqual(try pool.value("SELECT count(*) FROM fatal"), 0)
    }

    func testALinkLostBeforeCommitIsUnavailable() throws {
        let pool = try pool()
        let error = failure {
            try pool.transact { session throws(PostgresError) in
                try insert("a", session)
                let process: Int = try session.value("SELECT pg_backend_pid()")
                _ = try pool.value("SELECT pg_terminate_backend(\(process))", as: Bool.self)
                usleep(200_000)
                try insert("b", session)
            }
        }
        guard case .unavailable = error else { return XCTFail("\(String(describing: error))") }
        XCTAssertEqual(try count(), 0)
    }

    func testConflictsOfSerializableTransactionsKeepTheirState() throws {
        let pool = try pool()
        try pool.run("INSERT INTO notes VALUES ('a')")
        let error = failure {
            try pool.transact { session throws(PostgresError) in
                try session.script("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT * FROM notes")
                try pool.run("UPDATE notes SET text = 'b'")
                try session.script("UPDATE notes SET text = 'c'")
            }
        }
        XCTAssertEqual(error?.sqlState, "40001")
    }

    func testASessionCannotBeUsedAfterItsTime() throws {
        let pool = try pool()
        var kept: Session?
        try pool.use { session throws(PostgresError) in kept = session }
        XCTAssertEqual(failure { try kept?.script("SELECT 1") }, .unavailable("the session is over"))
    }

    func testAnOpenTransactionDoesNotGetBackIntoThePool() throws {
        let pool = try pool(size: 1)
        try pool.use { session throws(PostgresError) in
            try session.script("BEGIN")
            try insert("a", session)
        }
        XCTAssertEqual(pool.usage, Pool.Usage(lent: 0, idle: 0, waiting: 0))
        XCTAssertEqual(try count(), 0)
    }
}
