import XCTest

@testable import Postgres

final class BulkTests: DatabaseTestCase {
    override func setUpWithError() throws {
        try pool().run(
            "DROP TABLE IF EXISTS loaded; CREATE TABLE loaded (n int CONSTRAINT positive CHECK (n > 0), text text)")
    }

    private func load(_ pool: Pool, _ chunks: [String]) throws(PostgresError) -> Int {
        try pool.use { session throws(PostgresError) in
            var rest = chunks[...]
            return try session.copyIn(sql: "COPY loaded FROM STDIN") { () throws(PostgresError) in
                rest.popFirst().map { Array($0.utf8) }
            }
        }
    }

    func testCopyLoadsChunksThatNeedNotEndWithARow() throws {
        let pool = try pool(size: 1)
        XCTAssertEqual(try load(pool, ["1\ton", "e\n2\t", "", "two\n"]), 2)
        XCTAssertEqual(try pool.value("SELECT string_agg(text, ',' ORDER BY n) FROM loaded"), "one,two")
        XCTAssertEqual(try load(pool, []), 0)
    }

    func testCopyLoadsManyRowsAndLargeChunks() throws {
        let pool = try pool(size: 1)
        let rows = (1...20_000).map { "\($0)\tname \($0)\n" }.joined()
        XCTAssertEqual(try load(pool, [rows]), 20_000)
        XCTAssertEqual(try load(pool, ["1\t", String(repeating: "x", count: 3_000_000), "\n"]), 1)
        XCTAssertEqual(try pool.value("SELECT max(length(text)) FROM loaded"), 3_000_000)
    }

    func testACopyThatTheServerRefusesLoadsNothingAndLeavesTheConnectionUsable() throws {
        let pool = try pool(size: 1)
        guard case .server("23514", "positive", _) = failure({ _ = try load(pool, ["1\ta\n-1\tb\n"]) }) else {
            return XCTFail("not the check")
        }
        XCTAssertEqual(failure { _ = try load(pool, ["x\ty\n"]) }?.sqlState, "22P02")
        XCTAssertEqual(pool.usage.idle, 1)
        XCTAssertEqual(try pool.value("SELECT count(*) FROM loaded"), 0)
    }

    func testAProducerThatThrowsLoadsNothing() throws {
        let pool = try pool(size: 1)
        let error = failure {
            try pool.use { session throws(PostgresError) in
                var count = 0
                _ = try session.copyIn(sql: "COPY loaded FROM STDIN") { () throws(PostgresError) in
                    count += 1
                    if count == 3 { throw .decoding(column: 9, "enough") }
                    return Array("\(count)\tx\n".utf8)
                }
            }
        }
        XCTAssertEqual(error, .decoding(column: 9, "enough"))
        XCTAssertEqual(pool.usage.idle, 1)
        XCTAssertEqual(try pool.value("SELECT count(*) FROM loaded"), 0)
    }

    func testOnlyCopyFromStdinIsACopy() throws {
        let pool = try pool(size: 1)
        for (text, state) in [("SELECT 1", "42601"), ("COPY nothing FROM STDIN", "42P01"), ("COPY", "42601")] {
            let error = failure {
                try pool.use { session throws(PostgresError) in _ = try session.copyIn(sql: text) { nil } }
            }
            XCTAssertEqual(error?.sqlState, state, text)
            XCTAssertEqual(pool.usage.idle, 1, text)
        }
        XCTAssertEqual(try pool.value("SELECT 1"), 1)
    }

    func testAStreamHandsOverEveryRowInOrder() throws {
        let pool = try pool(size: 1)
        var sum = 0
        var last = 0
        try pool.use { session throws(PostgresError) in
            try session.stream("SELECT n FROM generate_series(1, \(50_000)) AS n ORDER BY n") {
                (row: inout Row) throws(PostgresError) in
                try row.next(Int.self)
            } onRow: {
                XCTAssertEqual($0, last + 1)
                last = $0
                sum += $0
                return true
            }
            XCTAssertEqual(try session.value("SELECT 1"), 1)
        }
        XCTAssertEqual(sum, 1_250_025_000)
    }

    func testAStreamNeedsTheSameMemoryForAnyNumberOfRows() throws {
        let pool = try pool(size: 1)
        func peak() -> Int {
            let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
            let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
            return line.flatMap { Int($0.split(whereSeparator: { $0 == " " || $0 == "\t" })[1]) } ?? 0
        }
        var octets = 0
        let before = peak()
        try pool.use { session throws(PostgresError) in
            try session.stream("SELECT repeat('x', 1000) FROM generate_series(1, 200000)") {
                (row: inout Row) throws(PostgresError) in
                try row.next(String.self)
            } onRow: {
                octets += $0.utf8.count
                return true
            }
        }
        XCTAssertGreaterThan(before, 0)
        XCTAssertEqual(octets, 200_000_000)
        XCTAssertLessThan(peak() - before, 20_000)
    }

    func testAStreamThatIsStoppedEarlyCostsItsConnectionAndNothingElse() throws {
        let pool = try pool(size: 1)
        var count = 0
        try pool.use { session throws(PostgresError) in
            try session.stream("SELECT n FROM generate_series(1, 10000000) AS n") {
                (row: inout Row) throws(PostgresError) in
                try row.next(Int.self)
            } onRow: { _ in
                count += 1
                return count < 10
            }
        }
        XCTAssertEqual(count, 10)
        XCTAssertEqual(pool.usage, Pool.Usage(lent: 0, idle: 0, waiting: 0))
        XCTAssertEqual(try pool.value("SELECT 1"), 1)
    }

    func testAnErrorInTheMiddleOfAStreamIsThrownAndTheConnectionStaysUsable() throws {
        let pool = try pool(size: 1)
        var count = 0
        let error = failure {
            try pool.use { session throws(PostgresError) in
                try session.stream("SELECT 1 / (5000 - n) FROM generate_series(1, 10000) AS n") {
                    (row: inout Row) throws(PostgresError) in
                    try row.next(Int.self)
                } onRow: { _ in
                    count += 1
                    return true
                }
            }
        }
        XCTAssertEqual(error?.sqlState, "22012")
        XCTAssertEqual(count, 4_999)
        XCTAssertEqual(pool.usage.idle, 1)
        XCTAssertEqual(try pool.value("SELECT 1"), 1)
    }
}
