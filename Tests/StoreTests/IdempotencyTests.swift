import Domain
import Foundation
import XCTest

@testable import Store

final class IdempotencyTests: StoreTestCase {
    private let answer = StoredAnswer(status: 201, etag: "\"1-0\"", body: [0, 0x7B, 0xFF, 0x5C])

    private func key(_ text: String = "key", fingerprint: UInt8 = 1, caller: String? = nil) -> IdempotencyKey {
        IdempotencyKey(
            caller: caller ?? owner.key, key: text, fingerprint: Array(repeating: fingerprint, count: 32),
            claim: .make(at: noon))
    }

    private func claim(_ key: IdempotencyKey) throws -> ClaimResult { try store.claim(key, lockSeconds: 30) }

    private func keep(_ answer: StoredAnswer, for key: IdempotencyKey) throws {
        try transact { (transaction) throws(Failure) in try transaction.keep(answer, for: key) }
    }

    /// As if the time had passed.
    private func age(_ interval: String) throws {
        try run(
            """
            UPDATE idempotency_keys
            SET created_at = created_at - interval '\(interval)', locked_until = locked_until - interval '\(interval)'
            WHERE caller = '\(owner.key)'
            """)
    }

    func testAKeyIsClaimedOnceAndThenInProgress() throws {
        XCTAssertEqual(try claim(key()), .claimed)
        XCTAssertEqual(try claim(key()), .inProgress)
    }

    func testARetryGetsTheKeptAnswerOctetByOctet() throws {
        let first = key()
        XCTAssertEqual(try claim(first), .claimed)
        try keep(answer, for: first)
        XCTAssertEqual(try claim(key()), .answered(answer))
        XCTAssertEqual(try claim(key()), .answered(answer))
    }

    func testAnAnswerWithoutBodyOrTagIsKeptToo() throws {
        let first = key()
        let empty = StoredAnswer(status: 204, etag: nil, body: [])
        XCTAssertEqual(try claim(first), .claimed)
        try keep(empty, for: first)
        XCTAssertEqual(try claim(key()), .answered(empty))
    }

    func testAnotherRequestWithTheSameKeyIsAMismatchBeforeAndAfterTheAnswer() throws {
        let first = key()
        XCTAssertEqual(try claim(first), .claimed)
        XCTAssertEqual(try claim(key(fingerprint: 2)), .mismatch)
        try keep(answer, for: first)
        XCTAssertEqual(try claim(key(fingerprint: 2)), .mismatch)
    }

    func testCallersDoNotMeet() throws {
        XCTAssertEqual(try claim(key()), .claimed)
        XCTAssertEqual(try claim(key(caller: owner.key + "\nbob")), .claimed)
        XCTAssertEqual(try claim(key("another")), .claimed)
    }

    func testOfManyAtOnceOneClaims() throws {
        let makeStore = try makeStore()
        let results = Collected<ClaimResult>()
        let keys = (0..<16).map { _ in key() }
        let errors = concurrently(16) { number in results.add(try makeStore().claim(keys[number], lockSeconds: 30)) }
        XCTAssertEqual(errors.count, 0, "\(errors)")
        XCTAssertEqual(results.all.filter { $0 == .claimed }.count, 1)
        XCTAssertEqual(results.all.filter { $0 == .inProgress }.count, 15)
    }

    func testAnAttemptThatNeverEndedGivesWayAndCannotCommitAnyMore() throws {
        let first = key()
        let second = key()
        XCTAssertEqual(try claim(first), .claimed)
        try age("29 seconds")
        XCTAssertEqual(try claim(second), .inProgress)
        try age("2 seconds")
        XCTAssertEqual(try claim(key(fingerprint: 2)), .mismatch, "another request does not take it over")
        XCTAssertEqual(try claim(second), .claimed)
        let late = StoredAnswer(status: 200, etag: nil, body: [1])
        XCTAssertEqual(
            failure { try keep(late, for: first) },
            .conflict("Another request with this Idempotency-Key has taken over"))
        XCTAssertNil(try store.releasing(first))
        try keep(answer, for: second)
        XCTAssertEqual(try claim(key()), .answered(answer))
    }

    func testWhatAnOldAttemptDidIsUndoneWithItsAnswer() throws {
        let first = key()
        XCTAssertEqual(try claim(first), .claimed)
        try age("31 seconds")
        XCTAssertEqual(try claim(key()), .claimed)
        let (owner, answer, noon) = (owner, answer, noon)
        let result = failure {
            try transact { (transaction) throws(Failure) in
                _ = try transaction.configure(
                    Slug.openai, for: owner, with: .of("key"), settings: .named("m"), defaultModel: "d", at: noon)
                try transaction.keep(answer, for: first)
            }
        }
        XCTAssertEqual(result, .conflict("Another request with this Idempotency-Key has taken over"))
        XCTAssertEqual(try store.connections(of: owner).count, 0)
    }

    func testATakeOverWaitsForACommitThatIsUnderWay() throws {
        let first = key()
        let second = key()
        XCTAssertEqual(try claim(first), .claimed)
        try age("31 seconds")
        let makeStore = try makeStore()
        let answer = answer
        let results = Collected<Result<ClaimResult, any Error>>()
        let isOver = DispatchSemaphore(value: 0)
        try transact { (transaction) throws(Failure) in
            try transaction.keep(answer, for: first)
            let thread = Thread {
                results.add(Result { try makeStore().claim(second, lockSeconds: 30) })
                isOver.signal()
            }
            thread.start()
            XCTAssertEqual(isOver.wait(timeout: .now() + 0.2), .timedOut, "the row is locked until the commit")
        }
        XCTAssertEqual(isOver.wait(timeout: .now() + 10), .success)
        XCTAssertEqual(try results.all.map { try $0.get() }, [.answered(answer)])
    }

    func testAKeyIsForgottenAfterADay() throws {
        let first = key()
        XCTAssertEqual(try claim(first), .claimed)
        try keep(answer, for: first)
        try age("23 hours 59 minutes")
        XCTAssertEqual(try claim(key()), .answered(answer))
        try age("2 minutes")
        let other = key(fingerprint: 2)
        XCTAssertEqual(try claim(other), .claimed, "the key may now name another request")
        XCTAssertEqual(try claim(key(fingerprint: 2)), .inProgress, "and nothing of the old one is left")
    }

    func testAReleasedKeyCanBeClaimedAgainByAnyRequest() throws {
        let first = key()
        XCTAssertEqual(try claim(first), .claimed)
        XCTAssertNil(try store.releasing(first))
        XCTAssertEqual(try claim(key(fingerprint: 2)), .claimed)
    }

    func testReleasingAfterTheCommitIsANoOp() throws {
        let first = key()
        XCTAssertEqual(try claim(first), .claimed)
        try keep(answer, for: first)
        XCTAssertNil(try store.releasing(first))
        XCTAssertEqual(try claim(key()), .answered(answer))
    }

    func testAnAnswerIsKeptOnce() throws {
        let first = key()
        XCTAssertEqual(try claim(first), .claimed)
        try keep(answer, for: first)
        XCTAssertEqual(
            failure { try keep(answer, for: first) },
            .conflict("Another request with this Idempotency-Key has taken over"))
    }

    func testAnAnswerOfATransactionThatFailsIsNotKept() throws {
        let first = key()
        let answer = answer
        XCTAssertEqual(try claim(first), .claimed)
        let result = failure {
            try transact { (transaction) throws(Failure) in
                try transaction.keep(answer, for: first)
                throw .inactive("it")
            }
        }
        XCTAssertEqual(result, .inactive("it"))
        XCTAssertEqual(try claim(key()), .inProgress)
    }
}
