import XCTest

@testable import Postgres

final class SQLTests: DatabaseTestCase {
    func testAnInterpolatedValueIsABindAndNeverText() throws {
        let name = "Robert'); DROP TABLE students; --"
        let sql: SQL = "SELECT * FROM students WHERE name = \(name) AND age > \(7)"
        XCTAssertEqual(sql.text, "SELECT * FROM students WHERE name = $1 AND age > $2")
        XCTAssertEqual(sql.binds, [name, "7"])
    }

    func testASharedLiteralIsTextAndDoesNotCount() throws {
        let sql: SQL = "SELECT \(literal: "id, name") FROM things WHERE id = \(1) OR id = \(2)"
        XCTAssertEqual(sql.text, "SELECT id, name FROM things WHERE id = $1 OR id = $2")
        XCTAssertEqual(sql.binds, ["1", "2"])
    }

    func testHostileTextComesBackAsItWasSent() throws {
        let pool = try pool()
        let hostile = [
            "", " ", "'", "''", "\\", "\\'", "';--", "'; DROP TABLE pg_class; --", "$1", "$$", "$tag$", "E'\\x'", "%s",
            "\u{1}", "\n\r\t", "NULL", "null", "{}", "{\"a\"}", "\"", "ümläut", "日本語", "👩‍👩‍👧", "e\u{301}", "\u{FEFF}x",
            String(repeating: "x", count: 100_000),
        ]
        for text in hostile {
            let back: String = try pool.value("SELECT \(text)::text")
            XCTAssertTrue(back.utf8.elementsEqual(text.utf8), text.debugDescription)
        }
        XCTAssertEqual(try pool.value("SELECT \(hostile)::text[]", as: [String].self), hostile)
    }

    func testHostileTextIsAlsoHarmlessWithoutPreparedStatements() throws {
        let pool = try pool { $0.usesPreparedStatements = false }
        let text = "'; DROP TABLE pg_class; --"
        XCTAssertEqual(try pool.value("SELECT \(text)::text"), text)
    }

    func testANulIsRefusedAndNeverCutsAText() throws {
        let pool = try pool()
        for text in ["\0", "a\0b", "ab\0"] {
            XCTAssertEqual(failure { _ = try pool.value("SELECT \(text)::text", as: String.self) }?.sqlState, "22021")
            XCTAssertEqual(failure { _ = try pool.value("SELECT \([text])", as: [String].self) }?.sqlState, "22021")
        }
        XCTAssertEqual(failure { try pool.run("SELECT 'a\0b'") }?.sqlState, "22021")
        XCTAssertEqual(try pool.value("SELECT 1", as: Int.self), 1)
    }

    func testAnEscapedNulInJSONIsRefusedByTheServer() throws {
        let pool = try pool()
        let json = #"{"a": "\u0000"}"#
        XCTAssertEqual(failure { _ = try pool.value("SELECT \(json)::jsonb", as: String.self) }?.sqlState, "22P05")
    }

    func testNullIsNilAndNotAnEmptyText() throws {
        let pool = try pool()
        let nothing: String? = nil
        let row = try pool.use { session throws(PostgresError) in
            try session.query("SELECT \(nothing)::text, ''::text, \(nothing)::text IS NULL, \(Int?.some(3))::int") {
                (row: inout Row) throws(PostgresError) in
                (
                    try row.nextOptional(String.self), try row.nextOptional(String.self), try row.next(Bool.self),
                    try row.nextOptional(Int.self)
                )
            }
        }.first
        XCTAssertNil(row?.0)
        XCTAssertEqual(row?.1, "")
        XCTAssertEqual(row?.2, true)
        XCTAssertEqual(row?.3, 3)
    }

    func testNumbersAndTruthGoBothWays() throws {
        let pool = try pool()
        for number in [0, 1, -1, 42, Int(Int32.max), Int.max, Int.min, Int.min + 1] {
            XCTAssertEqual(try pool.value("SELECT \(number)::bigint"), number)
            XCTAssertEqual(try pool.value("SELECT \(Int64(number))::bigint"), Int64(number))
        }
        XCTAssertEqual(try pool.value("SELECT \(true)"), true)
        XCTAssertEqual(try pool.value("SELECT NOT \(true)"), false)
        XCTAssertEqual(try pool.value("SELECT \([3, -1, 0])::int[]"), [3, -1, 0])
        XCTAssertEqual(try pool.value("SELECT \([Int]())::int[]"), [Int]())
        XCTAssertEqual(try pool.value("SELECT \([String]())::text[]"), [String]())
        XCTAssertEqual(try pool.value("SELECT array_length(\([nil, "x", nil] as [String?])::text[], 1)"), 3)
        XCTAssertEqual(try pool.value("SELECT 2 = ANY(\([1, 2])::int[])"), true)
    }

    func testOctetsGoBothWays() throws {
        let pool = try pool()
        for bytes in [[], [0], [0, 1, 255, 92, 39], Array(0...255), [UInt8](repeating: 7, count: 70_000)] {
            XCTAssertEqual(try pool.value("SELECT \(SQLBytes(bytes))::bytea"), SQLBytes(bytes))
            XCTAssertEqual(try pool.value("SELECT length(\(SQLBytes(bytes))::bytea)"), bytes.count)
        }
    }

    func testWhatIsNoSuchValueIsRefused() {
        func decodes<T: SQLDecodable>(_ text: String, _ type: T.Type) -> Bool {
            Array(text.utf8).withUnsafeBufferPointer { T(sqlText: $0) != nil }
        }
        for text in [
            "", "-", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "9223372036854775808", "-9223372036854775809", "--1",
        ] {
            XCTAssertFalse(decodes(text, Int.self), text)
            XCTAssertFalse(decodes(text, Int64.self), text)
        }
        for text in ["", "true", "T", "1", "tt"] { XCTAssertFalse(decodes(text, Bool.self), text) }
        for text in ["", "\\", "\\x0", "\\xzz", "\\X00", "00", "\\x0G"] {
            XCTAssertFalse(decodes(text, SQLBytes.self), text)
        }
        for text in [
            "", "{", "}", "{1", "1}", "{1,}", "{,1}", "{NULL}", "{{1}}", "{1}x", "[0:1]={1,2}", "{\"1}", "{\"1\\",
        ] {
            XCTAssertFalse(decodes(text, [Int].self), text)
            XCTAssertFalse(decodes(text, [String].self), text)
        }
        XCTAssertTrue(decodes("{\"NULL\"}", [String].self))
        let invalid: [UInt8] = [0x61, 0xC3, 0x28]
        XCTAssertNil(invalid.withUnsafeBufferPointer { String(sqlText: $0) })
    }

    func testAColumnThatDoesNotFitIsNamed() throws {
        let pool = try pool()
        func read<T: SQLDecodable>(_ sql: SQL, _ type: T.Type, skipping: Int = 0) -> PostgresError? {
            failure {
                try pool.use { session throws(PostgresError) in
                    _ = try session.query(sql) { (row: inout Row) throws(PostgresError) in
                        for _ in 0..<skipping { _ = try row.next(String.self) }
                        return try row.next(type)
                    }
                }
            }
        }
        XCTAssertEqual(read("SELECT 'x'", Int.self), .decoding(column: 1, "is not a Int"))
        XCTAssertEqual(read("SELECT 1, NULL::int", Int.self, skipping: 1), .decoding(column: 2, "is NULL"))
        XCTAssertEqual(read("SELECT 1", Int.self, skipping: 1), .decoding(column: 2, "does not exist"))
    }

    func testTheSessionHasTheFormatsThatTheDecodersNeed() throws {
        for usesPrepared in [true, false] {
            let pool = try pool { $0.usesPreparedStatements = usesPrepared }
            XCTAssertEqual(try pool.value("SELECT current_setting('TimeZone')"), "UTC")
            XCTAssertEqual(try pool.value("SELECT current_setting('DateStyle')"), "ISO, MDY")
            XCTAssertEqual(try pool.value("SELECT current_setting('client_encoding')"), "UTF8")
            XCTAssertEqual(try pool.value("SELECT current_setting('standard_conforming_strings')"), "on")
            XCTAssertEqual(try pool.value("SELECT current_setting('application_name')"), "postgres-tests")
        }
        let pool = try pool { $0.conninfo += self.optionsKeyword }
        XCTAssertEqual(try pool.value("SELECT current_setting('work_mem')"), "5MB")
        XCTAssertEqual(try pool.value("SELECT current_setting('statement_timeout')"), "10s")
        XCTAssertEqual(try pool.value("SELECT current_setting('lock_timeout')"), "3s")
        XCTAssertEqual(try pool.value("SELECT current_setting('idle_in_transaction_session_timeout')"), "30s")
    }

    /// An option of the installation's own, in the form that the connection string is in.
    private var optionsKeyword: String {
        let isURI = (try? settings().conninfo.contains("://")) ?? false
        return isURI ? "&options=-cwork_mem%3D5MB" : " options='-c work_mem=5MB'"
    }

    func testSettingsDoNotShowThePassword() {
        let settings = PoolSettings(conninfo: "postgres://u:hunter2@h/d")
        var dumped = ""
        dump(settings, to: &dumped)
        for text in ["\(settings)", String(reflecting: settings), dumped] { XCTAssertFalse(text.contains("hunter2")) }
    }
}
