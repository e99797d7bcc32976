import Foundation
import ScratchDatabase
import Synchronization
import XCTest

@testable import Postgres

final class MigratorTests: XCTestCase {
    private var folder = ""
    private var scratch: ScratchDatabase?

    override func setUpWithError() throws {
        folder = NSTemporaryDirectory() + "/migrations-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        scratch = try ScratchDatabase()
    }

    override func tearDownWithError() throws {
        try scratch?.drop()
        try FileManager.default.removeItem(atPath: folder)
    }

    private func pool() throws -> Pool {
        Pool(PoolSettings(conninfo: try XCTUnwrap(scratch).conninfo, size: 4))
    }

    private func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
    }

    private func apply(_ pool: Pool, log: (String) -> Void = { _ in }) throws -> [String] {
        let migrator = try Migrator(directory: folder)
        return try pool.withSession(mapping: MigrationError.database) { session throws(MigrationError) in
            try migrator.apply(on: session, log: log)
        }
    }

    private func status(_ pool: Pool) throws -> MigrationStatus {
        let migrator = try Migrator(directory: folder)
        return try pool.use { session throws(PostgresError) in try migrator.status(on: session) }
    }

    private func error(_ body: () throws -> Void) -> MigrationError? {
        do {
            try body()
            return nil
        } catch { return error as? MigrationError }
    }

    func testFilesAreAppliedOnceInTheirOrderAndRecorded() throws {
        let pool = try pool()
        try write("0001_things.sql", "-- Why: things.\nCREATE TABLE things (id int);")
        try write("0002_more.sql", "ALTER TABLE things ADD name text; INSERT INTO things VALUES (1, 'ä');")
        try write("readme.txt", "not looked at")
        XCTAssertEqual(try status(pool), .pending(["0001_things", "0002_more"]))
        var log: [String] = []
        XCTAssertEqual(try apply(pool) { log.append($0) }, ["0001_things", "0002_more"])
        XCTAssertEqual(log, ["applied 0001_things", "applied 0002_more"])
        XCTAssertEqual(try status(pool), .current)
        XCTAssertEqual(try apply(pool), [])
        XCTAssertEqual(
            try pool.value(
                """
                SELECT count(*) FROM schema_migrations
                WHERE checksum ~ '^[0-9a-f]{64}$' AND applied_at > now() - interval '1 minute'
                """), 2)
        try write("0003_last.sql", "CREATE INDEX things_id ON things (id)")
        XCTAssertEqual(try apply(pool), ["0003_last"])
    }

    func testTheChecksumIsSHA256OfTheFile() throws {
        let pool = try pool()
        try write("0001_one.sql", "SELECT 1")
        _ = try apply(pool)
        XCTAssertEqual(
            try pool.value("SELECT checksum FROM schema_migrations"),
            "e004ebd5b5532a4b85984a62f8ad48a81aa3460c1ca07701f386135d72cdecf5")
    }

    func testAFailingFileIsUndoneAndNamed() throws {
        let pool = try pool()
        try write("0001_good.sql", "CREATE TABLE good (id int)")
        try write("0002_bad.sql", "CREATE TABLE bad (id int); SELECT 1/0;")
        guard case .failed("0002_bad", .server("22012", nil, _)) = error({ _ = try apply(pool) }) else {
            return XCTFail("another error")
        }
        XCTAssertEqual(try pool.value("SELECT to_regclass('good') IS NOT NULL AND to_regclass('bad') IS NULL"), true)
        XCTAssertEqual(try status(pool), .pending(["0002_bad"]))
        try write("0002_bad.sql", "CREATE TABLE bad (id int)")
        XCTAssertEqual(try apply(pool), ["0002_bad"])
    }

    func testAChangedFileIsRefused() throws {
        let pool = try pool()
        try write("0001_one.sql", "CREATE TABLE one (id int)")
        _ = try apply(pool)
        try write("0001_one.sql", "CREATE TABLE one (id bigint)")
        XCTAssertEqual(try status(pool), .changed("0001_one"))
        XCTAssertEqual(error { _ = try apply(pool) }, .changed("0001_one"))
    }

    func testADatabaseOfANewerProgramIsRefused() throws {
        let pool = try pool()
        try write("0001_one.sql", "SELECT 1")
        try write("0002_two.sql", "SELECT 2")
        _ = try apply(pool)
        try FileManager.default.removeItem(atPath: folder + "/0002_two.sql")
        XCTAssertEqual(try status(pool), .unknown("0002_two"))
        XCTAssertEqual(error { _ = try apply(pool) }, .unknown("0002_two"))
    }

    func testAHoleInWhatIsAppliedIsRefused() throws {
        let pool = try pool()
        try write("0001_one.sql", "SELECT 1")
        try write("0002_two.sql", "SELECT 2")
        _ = try apply(pool)
        try pool.run("DELETE FROM schema_migrations WHERE name = '0001_one'")
        XCTAssertEqual(try status(pool), .skipped("0001_one"))
        XCTAssertEqual(error { _ = try apply(pool) }, .skipped("0001_one"))
    }

    func testBadFoldersAreRefusedBeforeTheDatabaseIsAsked() throws {
        let cases: [([String], MigrationError)] = [
            (["0002_two.sql"], .gap("0002_two.sql")),
            (["0001_one.sql", "0003_three.sql"], .gap("0003_three.sql")),
            (["0001_one.sql", "0001_other.sql"], .duplicateNumber("0001_other.sql")),
            (["0000_zero.sql"], .duplicateNumber("0000_zero.sql")),
            (["1_one.sql"], .badName("1_one.sql")),
            (["0001-one.sql"], .badName("0001-one.sql")),
            (["0001_One.sql"], .badName("0001_One.sql")),
            (["0001_.sql"], .badName("0001_.sql")),
        ]
        for (names, expected) in cases {
            for name in names { try write(name, "SELECT 1") }
            XCTAssertEqual(error { _ = try Migrator(directory: folder) }, expected)
            for name in names { try FileManager.default.removeItem(atPath: folder + "/" + name) }
        }
        XCTAssertEqual(error { _ = try Migrator(directory: folder + "/none") }, .unreadable(folder + "/none"))
        try Data([0x61, 0xFF]).write(to: URL(fileURLWithPath: folder + "/0001_one.sql"))
        XCTAssertEqual(error { _ = try Migrator(directory: folder) }, .unreadable("0001_one.sql"))
        try write("0001_one.sql", "SELECT 1; COMMIT;")
        XCTAssertEqual(
            error { _ = try Migrator(directory: folder) },
            .transactionControl(name: "0001_one.sql", word: "COMMIT"))
    }

    func testTwoMigratorsAtTheSameTimeApplyEachFileOnce() throws {
        let pool = try pool()
        for number in 1...6 {
            try write("000\(number)_step.sql", "CREATE TABLE step\(number) (id int); SELECT pg_sleep(0.02)")
        }
        let migrator = try Migrator(directory: folder)
        let applied = Mutex<[String]>([])
        let done = expectation(description: "all threads")
        done.expectedFulfillmentCount = 4
        for _ in 0..<4 {
            onThread {
                do {
                    let names = try pool.withSession(mapping: MigrationError.database) {
                        session throws(MigrationError) in
                        try migrator.apply(on: session, log: { _ in })
                    }
                    applied.withLock { $0 += names }
                } catch { XCTFail("\(error)") }
                done.fulfill()
            }
        }
        wait(for: [done], timeout: 60)
        XCTAssertEqual(applied.withLock { $0.sorted() }, (1...6).map { "000\($0)_step" })
    }

    func testAMigrationMayTakeLongerThanAStatement() throws {
        try write("0001_slow.sql", "SELECT pg_sleep(1.5)")
        let pool = Pool(
            PoolSettings(conninfo: try XCTUnwrap(scratch).conninfo, size: 1, statementMilliseconds: 200))
        XCTAssertEqual(try apply(pool), ["0001_slow"])
        XCTAssertEqual(try pool.value("SELECT current_setting('statement_timeout')"), "200ms")
    }
}

final class TransactionControlTests: XCTestCase {
    func testStatementsThatControlTheTransactionAreFound() {
        let cases = [
            ("COMMIT", "COMMIT"), ("begin;", "BEGIN"), ("SELECT 1; Commit;", "COMMIT"), ("  \n-- c\nEND;", "END"),
            ("/* a /* b */ c */ ROLLBACK", "ROLLBACK"), ("START TRANSACTION", "START"), (";;ABORT", "ABORT"),
            ("SELECT 'a;b'; COMMIT", "COMMIT"), ("SELECT E'\\'; x'; COMMIT", "COMMIT"),
            ("SELECT 'it''s'; COMMIT", "COMMIT"), ("SELECT $$ x $$; COMMIT", "COMMIT"),
            ("SELECT $a$ $b$ $$ $a$; COMMIT", "COMMIT"), ("SELECT CASE WHEN true THEN 1 END; COMMIT", "COMMIT"),
            ("prepare /* x */ transaction 'a'", "PREPARE TRANSACTION"), ("SELECT 1;\r\nCOMMIT", "COMMIT"),
            ("SELECT E'\\\\'; COMMIT", "COMMIT"), ("SELECT E'a''\\''; COMMIT", "COMMIT"),
            ("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END; COMMIT", "COMMIT"),
        ]
        for (text, word) in cases { XCTAssertEqual(TransactionControl.firstWord(in: text), word, text) }
    }

    func testTheSameWordsElsewhereAreNot() {
        let cases = [
            "", ";", "-- COMMIT", "/* ; COMMIT */ SELECT 1", "SELECT '; COMMIT'", "SELECT E'\\'; COMMIT'",
            "SELECT 1 AS \"; COMMIT\"", "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN; COMMIT; END $$",
            "DO $body$ BEGIN; END $body$", "SELECT commit FROM t", "SELECT CASE WHEN a THEN b END",
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;",
            "SELECT $1; SELECT 2", "PREPARE plan AS SELECT 1", "SELECT 'open; COMMIT", "/* open ; COMMIT",
            "SELECT $$ open; COMMIT",
            "CREATE TABLE beginning (n int); CREATE TABLE commits (n int)", "SELECT a$b$; SELECT 1",
        ]
        for text in cases { XCTAssertNil(TransactionControl.firstWord(in: text), text) }
    }
}
