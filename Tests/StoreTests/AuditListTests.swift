import Domain
import Postgres
import XCTest

@testable import Store

/// The audit log as a list.
final class AuditListTests: StoreTestCase {
    private func write(
        _ actor: String, _ action: String = "thing.change", provider: String? = nil,
        _ outcome: AuditEntry.Outcome = .success, at now: Timestamp? = nil
    ) throws {
        let noon = noon
        try transact { (transaction) throws(Failure) in
            try transaction.audit(
                AuditEntry(
                    actor: actor, owner: "user:" + actor, action: action, subject: "s", provider: provider,
                    outcome: outcome, remoteAddress: "127.0.0.1", requestID: "r", details: "{\"a\":1}"),
                at: now ?? noon)
        }
    }

    private func filter(_ change: (inout AuditFilter) -> Void) -> AuditFilter {
        var filter = AuditFilter()
        change(&filter)
        return filter
    }

    override func setUpWithError() throws {
        try super.setUpWithError()
        try run("TRUNCATE audit_log; UPDATE audit_head SET seq = 0, hash = decode(repeat('00', 32), 'hex')")
    }

    func testTheEmptyLog() throws {
        let slice = try store.audit(AuditFilter(), Page(limit: 50))
        XCTAssertEqual(slice.total, 0)
        XCTAssertTrue(slice.rows.isEmpty)
        XCTAssertNil(slice.next)
    }

    func testRowsAreNewestFirstAndPagesFollowEachOther() throws {
        for number in 1...7 { try write("user \(number)") }
        let first = try store.audit(AuditFilter(), Page(limit: 3))
        XCTAssertEqual(first.rows.map(\.sequence), [7, 6, 5])
        XCTAssertEqual(first.total, 7)
        XCTAssertFalse(first.isEstimate)
        let second = try store.audit(AuditFilter(), Page(limit: 3, after: first.next))
        XCTAssertEqual(second.rows.map(\.sequence), [4, 3, 2])
        let third = try store.audit(AuditFilter(), Page(limit: 3, after: second.next))
        XCTAssertEqual(third.rows.map(\.sequence), [1])
        XCTAssertNil(third.next)
        XCTAssertEqual(try store.audit(AuditFilter(), Page(limit: 2, offset: 5)).rows.map(\.sequence), [2, 1])
        XCTAssertEqual(
            failure { try store.audit(AuditFilter(), Page(limit: 3, after: "x")) },
            .invalid("cursor", "is not a cursor of this list"))
    }

    func testEachFilterFindsItsOwn() throws {
        try write("alice", "price.change", provider: "fal_ai")
        try write("bob", "price.change", .failed)
        try write("alice", "key.replace", .refused, at: Timestamp(seconds: noon.seconds + 60))
        func found(_ change: (inout AuditFilter) -> Void) throws -> [Int] {
            let slice = try store.audit(filter(change), Page(limit: 50))
            XCTAssertEqual(slice.total, slice.rows.count)
            var lines: [Int] = []
            try store.eachAuditLine(filter(change)) { line in lines.append(line.sequence) }
            XCTAssertEqual(lines, slice.rows.map(\.sequence))
            return lines
        }
        XCTAssertEqual(try found { $0.actor = "alice" }, [3, 1])
        XCTAssertEqual(try found { $0.action = "price.change" }, [2, 1])
        XCTAssertEqual(try found { $0.provider = "fal_ai" }, [1])
        XCTAssertEqual(try found { $0.outcome = .refused }, [3])
        XCTAssertEqual(
            try found { $0.span = TimeSpan(start: Timestamp(seconds: noon.seconds + 60), end: nil) }, [3])
        XCTAssertEqual(
            try found { $0.span = TimeSpan(start: nil, end: Timestamp(seconds: noon.seconds + 60)) }, [2, 1])
        XCTAssertEqual(
            try found {
                $0.actor = "alice"
                $0.action = "price.change"
            }, [1])
        XCTAssertEqual(try found { $0.actor = "nobody" }, [])
    }

    func testALargeCountIsAnEstimate() throws {
        try run(
            """
            INSERT INTO audit_log (seq, at, actor, action, subject, outcome, remote_address, request_id, details, key_id,
                                   previous_hash, hash)
            SELECT n, now(), 'busy', 'a.b', 's', 'success', '127.0.0.1', 'r', '{}', 'k1',
                   decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex')
            FROM generate_series(1, 10001) AS n;
            UPDATE audit_head SET seq = 10001
            """)
        let everything = try store.audit(AuditFilter(), Page(limit: 1))
        XCTAssertEqual(everything.total, 10_001)
        XCTAssertFalse(everything.isEstimate)
        let busy = try store.audit(filter { $0.actor = "busy" }, Page(limit: 1))
        XCTAssertEqual(busy.total, 10_000)
        XCTAssertTrue(busy.isEstimate)
    }
}
