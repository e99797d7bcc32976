import Foundation
import Postgres
import ScratchDatabase
import XCTest

/// `sql/schema.sql` is what all migrations together make. Recorded again with RECORD_GOLDEN=1.
final class SchemaTests: StoreTestCase {
    private let golden = URL(fileURLWithPath: MigratedDatabase.sql + "/schema.sql")

    private func dump() throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: MigratedDatabase.sql + "/dump-schema")
        process.arguments = [try database.scratch.conninfo]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        XCTAssertEqual(process.terminationStatus, 0, "sql/dump-schema failed; is pg_dump older than the server?")
        return text
    }

    func testTheDumpOfTheMigratedDatabaseIsTheOneInTheRepository() throws {
        let text = try dump()
        XCTAssertGreaterThan(text.utf8.count, 5_000)
        if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1" {
            try Data(text.utf8).write(to: golden)
        }
        let recorded = try String(contentsOf: golden, encoding: .utf8)
        let differences = text.split(separator: "\n").difference(from: recorded.split(separator: "\n"))
            .map { change in
                switch change {
                case .insert(_, let line, _): "+ \(line)"
                case .remove(_, let line, _): "- \(line)"
                }
            }
        XCTAssertEqual(
            differences, [], "sql/schema.sql is stale: RECORD_GOLDEN=1 swift test --filter SchemaTests")
    }

    func testTheDumpDoesNotDependOnTheMonth() throws {
        let before = try dump()
        try run("SELECT create_request_partitions('2040-01-01', 3)")
        XCTAssertEqual(try dump(), before)
        XCTAssertNil(before.range(of: "requests_20"))
    }

    func testEveryTableColumnThatIsMoneyOrTimeHasAnExactType() throws {
        XCTAssertEqual(
            try column(
                """
                SELECT table_name || '.' || column_name
                FROM information_schema.columns
                WHERE table_schema = 'public'
                  AND data_type IN ('real', 'double precision', 'money', 'timestamp without time zone', 'character varying')
                """, as: String.self),
            [])
    }

    func testEveryForeignKeyHasAnIndexOnItsSideUnlessItPointsToWhatIsNeverDeleted() throws {
        XCTAssertEqual(
            try column(
                """
                SELECT conrelid::regclass || '.' || conname
                FROM pg_constraint c
                WHERE contype = 'f' AND conparentid = 0
                  AND confrelid NOT IN ('providers'::regclass, 'prices'::regclass, 'models'::regclass)
                  AND NOT EXISTS (
                      SELECT FROM pg_index i
                      WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1])
                """, as: String.self),
            [])
    }
}
