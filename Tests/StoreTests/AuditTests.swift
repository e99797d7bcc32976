import Crypto
import Domain
import Postgres
import XCTest

@testable import Store

final class AuditTests: StoreTestCase {
    override func setUpWithError() throws {
        try run(
            """
            TRUNCATE audit_log, audit_head;
            INSERT INTO audit_head (seq, hash) VALUES (0, decode(repeat('00', 32), 'hex'))
            """)
    }

    private func entry(_ number: Int) -> AuditEntry {
        AuditEntry(
            actor: "alice \(number)", owner: number % 2 == 0 ? nil : owner.key, action: "connection.update",
            subject: "subject", provider: number % 3 == 0 ? nil : "openai",
            outcome: number % 5 == 0 ? .refused : .success,
            remoteAddress: number % 7 == 0 ? "" : "192.0.2.1", requestID: "request \(number)",
            details: "{\"b\" : 1,\n \"a\":\"ü\\u0041\"}")
    }

    private func append(_ count: Int, from first: Int = 1, _ store: Store? = nil) throws {
        for number in first..<first + count {
            let entry = entry(number)
            let now = Timestamp(microseconds: noon.microseconds + Int64(number) * 1_111)
            try transact(store) { (transaction) throws(Failure) in try transaction.audit(entry, at: now) }
        }
    }

    private func verdict(_ store: Store? = nil) throws -> AuditVerdict {
        try (store ?? self.store).verifyAudit { _ in }
    }

    /// What is found after `script` was run on a log of five rows.
    private func verdict(after script: String) throws -> AuditVerdict {
        try setUpWithError()
        try append(5)
        XCTAssertEqual(rows(try verdict()), 5)
        try run(script)
        return try verdict()
    }

    private func rows(_ verdict: AuditVerdict) -> Int? { if case .intact(let rows, _) = verdict { rows } else { nil } }

    // MARK: - Appending

    func testAnEmptyLogIsIntact() throws {
        XCTAssertEqual(try verdict(), .intact(rows: 0, lastHash: Array(repeating: 0, count: 32)))
    }

    func testEveryColumnIsWrittenAndReadAsItWasGiven() throws {
        try append(6)
        guard case .intact(6, let hash) = try verdict() else { return XCTFail("broken") }
        XCTAssertEqual(try value("SELECT encode(hash, 'hex') FROM audit_head"), hash.map { hex($0) }.joined())
        XCTAssertEqual(
            try column(
                """
                SELECT concat_ws('|', seq, actor, coalesce(owner, '-'), action, subject, coalesce(provider, '-'), outcome,
                                 remote_address, request_id, key_id)
                FROM audit_log
                WHERE seq IN (5, 6)
                ORDER BY seq
                """, as: String.self),
            [
                "5|alice 5|\(owner.key)|connection.update|subject|openai|refused|192.0.2.1|request 5|k1",
                "6|alice 6|-|connection.update|subject|-|success|192.0.2.1|request 6|k1",
            ])
        XCTAssertEqual(
            try value("SELECT details::text FROM audit_log WHERE seq = 1", as: String.self),
            "{\"b\" : 1,\n \"a\":\"ü\\u0041\"}")
        XCTAssertEqual(
            try value("SELECT at FROM audit_log WHERE seq = 1", as: Timestamp.self),
            Timestamp(microseconds: noon.microseconds + 1_111))
    }

    private func hex(_ octet: UInt8) -> String { (octet < 16 ? "0" : "") + String(octet, radix: 16) }

    func testSixteenWritersAtOnceMakeOneChain() throws {
        let makeStore = try makeStore()
        let entries = (0..<128).map { entry($0) }
        let errors = concurrently(16) { writer in
            for round in 0..<8 {
                try makeStore().transaction { (transaction) throws(Failure) in
                    try transaction.audit(entries[writer * 8 + round], at: .now())
                }
            }
        }
        XCTAssertEqual(errors.count, 0, "\(errors)")
        XCTAssertEqual(rows(try verdict()), 128)
        XCTAssertEqual(try value("SELECT count(DISTINCT actor) FROM audit_log", as: Int.self), 128)
    }

    func testATransactionThatIsRolledBackLeavesNoGap() throws {
        try append(1)
        let entry = entry(2)
        let result = failure {
            try transact { (transaction) throws(Failure) in
                try transaction.audit(entry, at: .now())
                throw .inactive("it")
            }
        }
        XCTAssertEqual(result, .inactive("it"))
        try append(1, from: 3)
        XCTAssertEqual(rows(try verdict()), 2)
        XCTAssertEqual(try column("SELECT seq FROM audit_log ORDER BY seq", as: Int.self), [1, 2])
    }

    func testWithoutItsAuditRowAChangeIsNotMade() throws {
        try run("TRUNCATE audit_head")
        let (entry, owner, noon) = (entry(1), owner, noon)
        let result = failure {
            try transact { (transaction) throws(Failure) in
                _ = try transaction.configure(
                    Slug.openai, for: owner, with: .of("key"), settings: .named("m"), defaultModel: "d", at: noon)
                try transaction.audit(entry, at: noon)
            }
        }
        XCTAssertEqual(result, .notFound("Audit head"))
        XCTAssertEqual(try store.connections(of: owner).count, 0)
    }

    func testALogOfManyPagesIsReadWhole() throws {
        let makeStore = try makeStore()
        let entry = entry(1)
        try makeStore().transaction { (transaction) throws(Failure) in
            for _ in 0..<4_001 { try transaction.audit(entry, at: .now()) }
        }
        let pages = Collected<Int>()
        XCTAssertEqual(rows(try store.verifyAudit { pages.add($0) }), 4_001)
        XCTAssertEqual(pages.all, [2_000, 4_000, 4_001])
    }

    // MARK: - Tampering

    func testAChangeOfAnyColumnIsNamed() throws {
        for (column, change) in [
            ("actor", "'mallory'"), ("actor", "actor || ' '"), ("owner", "'user:mallory'"), ("owner", "NULL"),
            ("action", "'connection.delete'"), ("subject", "'other'"), ("provider", "'claude'"), ("provider", "NULL"),
            ("outcome", "'failed'"), ("remote_address", "'192.0.2.2'"), ("remote_address", "''"),
            ("request_id", "'request 4'"), ("details", "'{}'"), ("details", "details::jsonb::json"),
            ("at", "at + interval '1 microsecond'"), ("hash", "decode(repeat('01', 32), 'hex')"),
        ] {
            XCTAssertEqual(
                try verdict(after: "UPDATE audit_log SET \(column) = \(change) WHERE seq = 5 AND owner IS NOT NULL"),
                .broken(sequence: 5, reason: "its content was changed"), "\(column) = \(change)")
        }
    }

    func testTextThatMovesFromOneColumnToTheNextIsNamed() throws {
        XCTAssertEqual(
            try verdict(
                after:
                    "UPDATE audit_log SET action = action || left(subject, 1), subject = substr(subject, 2) WHERE seq = 2"
            ),
            .broken(sequence: 2, reason: "its content was changed"))
    }

    func testARowThatWasTakenAwayIsNamedByTheOneBehindIt() throws {
        XCTAssertEqual(
            try verdict(after: "DELETE FROM audit_log WHERE seq = 3"),
            .broken(sequence: 4, reason: "row 3 is missing before it"))
        XCTAssertEqual(
            try verdict(after: "DELETE FROM audit_log WHERE seq = 1"),
            .broken(sequence: 2, reason: "row 1 is missing before it"))
    }

    func testAGapThatWasClosedIsNamed() throws {
        XCTAssertEqual(
            try verdict(after: "DELETE FROM audit_log WHERE seq = 3; UPDATE audit_log SET seq = seq - 1 WHERE seq = 4"),
            .broken(sequence: 3, reason: "it does not follow the row before it"))
    }

    func testRowsThatChangedPlacesAreNamed() throws {
        XCTAssertEqual(
            try verdict(
                after: """
                    UPDATE audit_log SET seq = -seq WHERE seq IN (2, 3);
                    UPDATE audit_log SET seq = 5 + seq WHERE seq IN (-2, -3)
                    """),
            .broken(sequence: 2, reason: "it does not follow the row before it"))
    }

    func testRowsThatAreMissingAtTheEndAreNamed() throws {
        XCTAssertEqual(
            try verdict(after: "DELETE FROM audit_log WHERE seq >= 4"),
            .broken(sequence: 4, reason: "rows are missing at the end of the log"))
        XCTAssertEqual(
            try verdict(after: "DELETE FROM audit_log"),
            .broken(sequence: 1, reason: "rows are missing at the end of the log"))
    }

    func testAForgedRowIsNamedWhereverItIsPut() throws {
        let copy =
            "INSERT INTO audit_log SELECT %, at, actor, owner, action, subject, provider, outcome, remote_address,"
            + " request_id, details, key_id, hash, hash FROM audit_log WHERE seq = 5"
        let outside = "it lies outside the log, which has 5 rows"
        XCTAssertEqual(
            try verdict(after: copy.replacingOccurrences(of: "%", with: "6")), .broken(sequence: 6, reason: outside))
        XCTAssertEqual(
            try verdict(after: copy.replacingOccurrences(of: "%", with: "0")), .broken(sequence: 0, reason: outside))
        XCTAssertEqual(
            try verdict(after: copy.replacingOccurrences(of: "%", with: "6") + "; UPDATE audit_head SET seq = 6"),
            .broken(sequence: 6, reason: "its content was changed"))
    }

    func testAnEndThatWasRewrittenIsNamed() throws {
        XCTAssertEqual(
            try verdict(after: "UPDATE audit_head SET hash = decode(repeat('01', 32), 'hex')"),
            .broken(sequence: 5, reason: "it is not the row that the end of the log names"))
        XCTAssertEqual(
            try verdict(after: "UPDATE audit_head SET seq = 3"),
            .broken(sequence: 3, reason: "it is not the row that the end of the log names"))
        XCTAssertEqual(
            try verdict(after: "TRUNCATE audit_head"),
            .broken(sequence: 0, reason: "the end of the log, the row of audit_head, is missing"))
    }

    func testAChainThatWasRewrittenWithoutTheMasterKeyIsNamed() throws {
        let forger = try store(("k1", 9))
        try setUpWithError()
        try append(2)
        try append(1, from: 3, forger)
        XCTAssertEqual(try verdict(), .broken(sequence: 3, reason: "its content was changed"))
    }

    // MARK: - Keys

    func testAfterAChangeOfTheMasterKeyTheOldRowsAreVerifiedWithTheOldKey() throws {
        try append(2)
        let rotated = try store(("k2", 2), ("k1", 1))
        try append(2, from: 3, rotated)
        XCTAssertEqual(rows(try verdict(rotated)), 4)
        XCTAssertEqual(
            try verdict(), .broken(sequence: 3, reason: "it was written with the key k2, which is not in the key file"))
        let forgetful = try store(("k2", 2))
        XCTAssertEqual(
            try verdict(forgetful),
            .broken(sequence: 1, reason: "it was written with the key k1, which is not in the key file"))
    }

    func testARowUnderAnotherKeyIDIsNamed() throws {
        let rotated = try store(("k1", 1), ("k2", 2))
        try append(2, from: 1, rotated)
        try run("UPDATE audit_log SET key_id = 'k2' WHERE seq = 1")
        XCTAssertEqual(try verdict(rotated), .broken(sequence: 1, reason: "its content was changed"))
    }

    func testTheApplicationCannotRewriteTheLog() throws {
        try append(1)
        for statement in [
            "UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log",
            "DELETE FROM audit_head", "TRUNCATE audit_head",
        ] {
            try assertForbidden(statement)
        }
        XCTAssertEqual(rows(try verdict()), 1)
    }
}
