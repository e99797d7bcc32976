import Foundation
import ScratchDatabase
import XCTest

@testable import Postgres

/// A test case with a database of its own, which all its tests share.
class DatabaseTestCase: XCTestCase {
    nonisolated(unsafe) private static var scratch: Result<ScratchDatabase, any Error>?

    override class func setUp() {
        super.setUp()
        scratch = Result { try ScratchDatabase() }
    }

    override class func tearDown() {
        do {
            try scratch?.get().drop()
        } catch {
            XCTFail("the scratch database is still there: \(error)")
        }
        scratch = nil
        super.tearDown()
    }

    func settings(size: Int = 2, _ change: (inout PoolSettings) -> Void = { _ in }) throws -> PoolSettings {
        let scratch = try XCTUnwrap(Self.scratch).get()
        var settings = PoolSettings(conninfo: scratch.conninfo, size: size, applicationName: "postgres-tests")
        change(&settings)
        return settings
    }

    func pool(size: Int = 2, _ change: (inout PoolSettings) -> Void = { _ in }) throws -> Pool {
        Pool(try settings(size: size, change))
    }

    /// The error that `body` throws; a failure when it throws none.
    func failure(
        _ body: () throws -> Void, file: StaticString = #filePath, line: UInt = #line
    ) -> PostgresError? {
        do {
            try body()
            XCTFail("nothing was thrown", file: file, line: line)
            return nil
        } catch let error as PostgresError {
            return error
        } catch {
            XCTFail("\(error)", file: file, line: line)
            return nil
        }
    }

    func seconds(_ body: () throws -> Void) rethrows -> Double {
        let start = TimeLimit.now()
        try body()
        return Double(TimeLimit.now() - start) / 1e9
    }

    /// Asks again until it is so, at most ten seconds.
    func eventually(
        _ condition: () throws -> Bool, file: StaticString = #filePath, line: UInt = #line
    ) rethrows {
        let limit = TimeLimit(milliseconds: 10_000)
        while try !condition() {
            guard !limit.isOver else { return XCTFail("it never came true", file: file, line: line) }
            usleep(20_000)
        }
    }
}

extension Pool {
    /// Without a translation of errors.
    func use<T>(_ body: (Session) throws(PostgresError) -> T) throws(PostgresError) -> T {
        try withSession(mapping: { $0 }, body)
    }

    func transact<T>(_ body: (Session) throws(PostgresError) -> T) throws(PostgresError) -> T {
        try transaction(mapping: { $0 }, body)
    }

    func run(_ text: String) throws(PostgresError) {
        try use { session throws(PostgresError) in try session.script(text) }
    }

    func value<T: SQLDecodable>(_ sql: SQL, as type: T.Type = T.self) throws(PostgresError) -> T {
        try use { session throws(PostgresError) in try session.value(sql, as: type) }
    }
}

extension Session {
    /// The first column of the only row.
    func value<T: SQLDecodable>(_ sql: SQL, as type: T.Type = T.self) throws(PostgresError) -> T {
        let rows = try query(sql) { (row: inout Row) throws(PostgresError) in try row.next(type) }
        guard let first = rows.first, rows.count == 1 else { throw .decoding(column: 0, "\(rows.count) rows") }
        return first
    }
}

/// Runs `body` on a thread of its own.
func onThread(_ body: @escaping @Sendable () -> Void) {
    let thread = Thread(block: body)
    thread.stackSize = 1 << 20
    thread.start()
}
