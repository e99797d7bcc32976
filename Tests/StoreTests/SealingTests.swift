import Domain
import Foundation
import Postgres
import ScratchDatabase
import XCTest

@testable import Store

final class SealingTests: StoreTestCase {
    override func setUpWithError() throws { try run("TRUNCATE sealing_keys") }

    /// As `providerctl migrate` does, with the rights of the owner of the tables.
    private func register(_ keys: (id: String, octet: UInt8)...) throws -> Bool {
        let store = Store(pool: try database.owner, keys: try ring(keys))
        return try transact(store) { (transaction) throws(Failure) in try transaction.registerSealingKey() }
    }

    // MARK: - The state

    func testAKeyThatIsNotRegisteredSeals() throws {
        XCTAssertEqual(
            try store(("k1", 1)).sealingState(),
            .sealed("the key k1 is not registered: run 'providerctl migrate'"))
    }

    func testARegisteredKeyOpens() throws {
        XCTAssertTrue(try register(("k1", 1)))
        XCTAssertEqual(try store(("k1", 1)).sealingState(), .open)
    }

    func testAnotherKeyOfTheSameNameIsNoticed() throws {
        XCTAssertTrue(try register(("k1", 1)))
        XCTAssertEqual(
            try store(("k1", 2)).sealingState(),
            .sealed("the key k1 is not the one that the database was sealed with"))
    }

    func testAKeyThatIsMissingFromTheFileIsNamed() throws {
        XCTAssertTrue(try register(("k1", 1)))
        XCTAssertTrue(try register(("k2", 2), ("k1", 1)))
        XCTAssertEqual(try store(("k2", 2)).sealingState(), .sealed("the key k1 is missing from the key file"))
        XCTAssertEqual(try store(("k2", 2), ("k1", 1)).sealingState(), .open)
        XCTAssertEqual(try store(("k1", 1), ("k2", 2)).sealingState(), .open)
    }

    func testANewSealingKeyMustBeRegisteredBeforeItIsUsed() throws {
        XCTAssertTrue(try register(("k1", 1)))
        XCTAssertEqual(
            try store(("k2", 2), ("k1", 1)).sealingState(),
            .sealed("the key k2 is not registered: run 'providerctl migrate'"))
    }

    // MARK: - Registering

    func testAKeyIsRegisteredOnce() throws {
        XCTAssertTrue(try register(("k1", 1)))
        let sealed = try value("SELECT encode(sealed, 'hex') FROM sealing_keys", as: String.self)
        XCTAssertFalse(try register(("k1", 1)))
        XCTAssertEqual(try value("SELECT encode(sealed, 'hex') FROM sealing_keys", as: String.self), sealed)
    }

    func testARingThatDoesNotOpenWhatIsThereIsRefused() throws {
        XCTAssertTrue(try register(("k1", 1)))
        XCTAssertEqual(
            failure { try register(("k1", 2)) },
            .conflict("the key k1 is not the one that the database was sealed with"))
        XCTAssertEqual(failure { try register(("k2", 2)) }, .conflict("the key k1 is missing from the key file"))
        XCTAssertEqual(try column("SELECT key_id FROM sealing_keys", as: String.self), ["k1"])
    }

    func testTheServersCannotRegisterAKey() throws {
        let result = failure {
            try transact { (transaction) throws(Failure) in try transaction.registerSealingKey() }
        }
        guard case .defect(let reason)? = result else { return XCTFail("\(String(describing: result))") }
        XCTAssertTrue(reason.hasPrefix("SQLSTATE 42501"), reason)
    }

    // MARK: - Readiness

    func testReadyMeansMigratedAndOpen() throws {
        let migrator = try Migrator(directory: MigratedDatabase.sql + "/migrations")
        XCTAssertEqual(
            try store.readiness(migrations: migrator),
            .sealed("the key k1 is not registered: run 'providerctl migrate'"))
        XCTAssertTrue(try register(("k1", 1)))
        XCTAssertEqual(try store.readiness(migrations: migrator), .ready)
        XCTAssertEqual(
            try store(("k1", 2)).readiness(migrations: migrator),
            .sealed("the key k1 is not the one that the database was sealed with"))
    }

    func testASchemaOfAnotherProgramIsNoticed() throws {
        XCTAssertTrue(try register(("k1", 1)))
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("migrations-\(UUID().uuidString)")
        try FileManager.default.copyItem(atPath: MigratedDatabase.sql + "/migrations", toPath: folder.path)
        defer { XCTAssertNoThrow(try FileManager.default.removeItem(at: folder)) }
        func readiness() throws -> Readiness { try store.readiness(migrations: try Migrator(directory: folder.path)) }

        let last = try XCTUnwrap(try FileManager.default.contentsOfDirectory(atPath: folder.path).max())
        let name = last.dropLast(".sql".count)
        let number = try XCTUnwrap(Int(last.prefix(4)))
        let newer = folder.appendingPathComponent("\(String(number + 10_001).dropFirst())_newer.sql")
        try Data("SELECT 1;\n".utf8).write(to: newer)
        XCTAssertEqual(
            try readiness(), .migrations("pending([\"\(newer.deletingPathExtension().lastPathComponent)\"])"))
        try FileManager.default.removeItem(at: newer)

        let text = try Data(contentsOf: folder.appendingPathComponent(last))
        try (text + Data("-- more\n".utf8)).write(to: folder.appendingPathComponent(last))
        XCTAssertEqual(try readiness(), .migrations("changed(\"\(name)\")"))
        try FileManager.default.removeItem(at: folder.appendingPathComponent(last))
        XCTAssertEqual(try readiness(), .migrations("unknown(\"\(name)\")"))
    }

    func testADatabaseThatIsAwayIsNoMismatch() throws {
        let away = Store(
            pool: Pool(PoolSettings(conninfo: "host=/nonexistent dbname=nothing", connectMilliseconds: 500)),
            keys: try ring())
        let migrator = try Migrator(directory: MigratedDatabase.sql + "/migrations")
        XCTAssertEqual(away.readiness(migrations: migrator), .databaseAway)
        XCTAssertEqual(failure { try away.providers() }, .unavailable(retryAfter: 2))
        XCTAssertEqual(
            failure { try away.transaction { (_) throws(Failure) in } }, .unavailable(retryAfter: 2))
    }

    func testADatabaseThatWasNeverMigratedIsNotReady() throws {
        let empty = try ScratchDatabase()
        defer { XCTAssertNoThrow(try empty.drop()) }
        let store = Store(pool: Pool(PoolSettings(conninfo: empty.conninfo, size: 1)), keys: try ring())
        let migrator = try Migrator(directory: MigratedDatabase.sql + "/migrations")
        guard case .migrations(let status) = store.readiness(migrations: migrator) else { return XCTFail("ready") }
        XCTAssertTrue(status.hasPrefix("pending([\"0001_"), status)
    }
}
