import Crypto
import Domain
import Foundation
import Postgres
import ScratchDatabase
import Synchronization
import XCTest

@testable import Store

/// A test case with a migrated database of its own, which all its tests share; each test has an owner of its own.
class StoreTestCase: XCTestCase {
    nonisolated(unsafe) private static var shared: Result<MigratedDatabase, any Error>?

    override class func setUp() {
        super.setUp()
        shared = Result { try MigratedDatabase() }
    }

    override class func tearDown() {
        do {
            try shared?.get().drop()
        } catch {
            XCTFail("the scratch database is still there: \(error)")
        }
        shared = nil
        super.tearDown()
    }

    /// 2026-03-05 12:00:00 UTC.
    let noon = Timestamp(seconds: 1_772_712_000)
    let owner = Owner.tenant("tenant \(UInt64.random(in: 0 ... .max))")

    var database: MigratedDatabase { get throws { try XCTUnwrap(Self.shared).get() } }

    /// As `run`, for what all tests of a class need.
    class func prepare(_ text: String) throws {
        let database = try XCTUnwrap(shared).get()
        try database.owner.withSession(mapping: { $0 }) { (session) throws(PostgresError) in try session.script(text) }
    }

    /// With the rights that the servers have.
    var store: Store { get throws { try makeStore()() } }

    /// With the rights of the role that migrates.
    var ownerStore: Store { get throws { Store(pool: try database.owner, keys: try ring()) } }

    /// With the servers' rights and other keys.
    func store(_ keys: (id: String, octet: UInt8)...) throws -> Store {
        Store(pool: try database.application, keys: try ring(keys))
    }

    /// For threads: each needs a store of its own.
    func makeStore() throws -> @Sendable () -> Store {
        let pool = try database.application
        let keys = try ring()
        return { Store(pool: pool, keys: keys) }
    }

    /// Keys of 32 times the same octet; one, "k1", unless the lines say otherwise.
    func ring(_ lines: [(id: String, octet: UInt8)] = [("k1", 1)]) throws -> KeyRing {
        try KeyRing(
            parsing: lines.map { "\($0.id) \(Data(repeating: $0.octet, count: 32).base64EncodedString())\n" }.joined())
    }

    func transact<Value>(
        _ store: Store? = nil, _ body: (Transaction) throws(Failure) -> Value
    ) throws -> Value {
        try (store ?? self.store).transaction(body)
    }

    /// Makes a connection of `owner`, or of another one, or changes it.
    @discardableResult
    func configure(
        _ slug: ProviderSlug = Slug.openai, for other: Owner? = nil, key: String = "sk-first-0123456789",
        settings: ModelSettingsChange = .named("gpt-4o"), at now: Timestamp? = nil
    ) throws -> (connection: Connection, isNew: Bool) {
        try transact { (transaction) throws(Failure) in
            try transaction.configure(
                slug, for: other ?? owner, with: .of(key), settings: settings, defaultModel: "default-model",
                at: now ?? noon)
        }
    }

    /// Prepares or tampers with rows, as the superuser.
    func run(_ text: String) throws { try Self.prepare(text) }

    /// Whether the servers' role is refused a statement.
    func assertForbidden(_ text: String, file: StaticString = #filePath, line: UInt = #line) throws {
        let pool = try database.application
        XCTAssertThrowsError(
            try pool.withSession(mapping: { $0 }) { (session) throws(PostgresError) in try session.script(text) },
            text, file: file, line: line
        ) {
            XCTAssertEqual(($0 as? PostgresError)?.sqlState, "42501", "\(text): \($0)", file: file, line: line)
        }
    }

    /// The first column of every row, as the superuser sees it.
    func column<Value: SQLDecodable>(_ sql: SQL, as type: Value.Type = Value.self) throws -> [Value?] {
        try database.owner.withSession(mapping: { $0 }) { (session) throws(PostgresError) in
            try session.query(sql) { (row) throws(PostgresError) in try row.nextOptional(type) }
        }
    }

    /// The first column of the only row.
    func value<Value: SQLDecodable>(_ sql: SQL, as type: Value.Type = Value.self) throws -> Value {
        let values = try column(sql, as: type)
        XCTAssertEqual(values.count, 1)
        return try XCTUnwrap(values.first.flatMap { $0 })
    }

    /// The failure that `body` throws; a test failure when it throws none.
    func failure<Value>(
        file: StaticString = #filePath, line: UInt = #line, _ body: () throws -> Value
    ) -> Failure? {
        do {
            _ = try body()
            XCTFail("nothing was thrown", file: file, line: line)
            return nil
        } catch {
            if error as? Failure == nil { XCTFail("\(error)", file: file, line: line) }
            return error as? Failure
        }
    }

    /// Runs `body` at the same time on several threads, waits for all of them and returns what they threw.
    func concurrently(
        _ count: Int, _ body: @escaping @Sendable (Int) throws -> Void
    ) -> [any Error] {
        let group = DispatchGroup()
        let errors = Collected<any Error>()
        for number in 0..<count {
            group.enter()
            let thread = Thread {
                do { try body(number) } catch { errors.add(error) }
                group.leave()
            }
            thread.stackSize = 1 << 20
            thread.start()
        }
        XCTAssertEqual(group.wait(timeout: .now() + 40), .success)
        return errors.all
    }
}

/// Values from several threads.
final class Collected<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])

    func add(_ value: Value) { values.withLock { $0.append(value) } }

    var all: [Value] { values.withLock { $0 } }
}

/// Slugs of the providers that the migrations insert, and one of none.
enum Slug {
    static let openai = slug("openai")
    static let claude = slug("claude")
    static let cohere = slug("cohere")
    static let gemini = slug("gemini")
    static let ollama = slug("ollama")
    static let nobody = slug("nobody")

    private static func slug(_ text: String) -> ProviderSlug {
        do { return try ProviderSlug(text) } catch { preconditionFailure("\(error)") }
    }
}

extension ModelSettingsChange {
    static func named(_ model: String?) -> ModelSettingsChange {
        var settings = ModelSettingsChange()
        settings.model = model
        return settings
    }
}

extension NewCredential {
    static func of(_ text: String) -> NewCredential {
        NewCredential(secret: Secret(text), type: "api_key", hint: Secret(text).hint)
    }
}
