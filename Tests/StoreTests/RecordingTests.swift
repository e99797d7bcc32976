import Domain
import Postgres
import XCTest

@testable import Store

/// What the database makes of reports and of how calls go on.
final class RecordingTests: UsageTestCase {
    private func report(
        _ name: String, status: RequestStatus = .completed, at moment: Timestamp? = nil, cost: String? = nil,
        quantity: String = "1", fingerprint: UInt8 = 1
    ) throws -> RequestReport {
        let createdAt = moment ?? noon
        return RequestReport(
            externalID: name, model: "priced", status: status, userID: nil, createdAt: createdAt,
            completedAt: status.isFinished ? createdAt : nil, responseTime: nil,
            cost: cost.flatMap { ExactDecimal($0) },
            quantity: try XCTUnwrap(ExactDecimal(quantity)), resolution: nil, payload: RequestPayload(metadata: "{}"),
            providerRequestID: nil, fingerprint: [fingerprint])
    }

    private func record(_ reports: [RequestReport]) throws -> [RecordedRequest] {
        try transact { (transaction) throws(Failure) in
            try transaction.record(reports, of: Slug.gemini) { "number \($0)" }
        }
    }

    private func advance(_ id: ID<ProviderRequest>, _ progress: RequestProgress) throws -> RequestDetail {
        let noon = noon
        return try transact { (transaction) throws(Failure) in try transaction.advance(id, progress, at: noon) }
    }

    override func setUpWithError() throws {
        try run(
            """
            TRUNCATE requests, request_keys, request_payloads, usage_tail, usage_rollups, usage_by_owner,
                     credit_transactions, credit_accounts RESTART IDENTITY;
            WITH made AS (
                INSERT INTO models (provider_id, name, display_name, kind)
                SELECT id, 'priced', 'Priced', 'image' FROM providers WHERE slug = 'gemini'
                ON CONFLICT DO NOTHING
                RETURNING id
            )
            INSERT INTO prices (model_id, effective_from, per_generation, source, currency)
            SELECT id, '2026-01-01Z'::timestamptz + n * interval '1 month', 0.5 + n, 'test', 'USD'
            FROM made CROSS JOIN generate_series(0, 3) AS n
            """)
    }

    func testThePriceOfTheTimeOfTheCallHoldsAndIsKept() throws {
        let moments = ["2025-12-31 23:59:59Z", "2026-01-01Z", "2026-01-31 23:59:59.999Z", "2026-02-01Z", "2026-03-05Z"]
        let reports = try moments.map { text in
            try report(text, at: try value("SELECT \(text)::timestamptz", as: Timestamp.self), quantity: "2")
        }
        XCTAssertEqual(try record(reports).map { $0.cost?.text }, [nil, "1", "1", "3", "5"])
        XCTAssertEqual(
            try column(
                """
                SELECT trim_scale(p.per_generation)::text
                FROM requests r
                LEFT JOIN prices p ON p.id = r.price_id
                ORDER BY r.id
                """, as: String.self), [nil, "0.5", "0.5", "1.5", "2.5"])
        XCTAssertEqual(try record([report("given", cost: "7")]).first?.cost?.text, "7")
    }

    func testTheSameReportAgainChangesNothingAndAnotherOneIsRefused() throws {
        let first = try record([report("a"), report("b")])
        XCTAssertEqual(first.map(\.isKnown), [false, false])
        let again = try record([report("c"), report("b"), report("a")])
        XCTAssertEqual(again.map(\.isKnown), [false, true, true])
        XCTAssertEqual(Set(again.dropFirst().map(\.id)), Set(first.map(\.id)))
        XCTAssertEqual(
            failure { try record([report("d"), report("b", fingerprint: 2)]) },
            .conflict("number 1 was recorded before with other content"))
        XCTAssertEqual(
            try column("SELECT external_id FROM requests ORDER BY external_id", as: String.self), ["a", "b", "c"])
    }

    func testIDsThatLookAlikeAreDifferent() throws {
        // The same letter, as one character and as two.
        let recorded = try record([report("\u{E9}"), report("e\u{301}")])
        XCTAssertEqual(recorded.map(\.isKnown), [false, false])
        XCTAssertEqual(try value("SELECT count(*) FROM request_keys", as: Int.self), 2)
    }

    func testACallGoesOnAndIsChargedOnce() throws {
        let id = try XCTUnwrap(record([report("going", status: .pending, quantity: "3")]).first?.id)
        XCTAssertNil(try advance(id, RequestProgress(status: .processing)).record.completedAt)
        XCTAssertEqual(
            failure { try advance(id, RequestProgress(status: .pending)) },
            .conflict("The request is processing and cannot become pending"))
        try postAll()
        let ended = try advance(id, RequestProgress(status: .completed, response: #"{"a":1}"#))
        XCTAssertEqual(ended.record.cost?.text, "7.5")
        XCTAssertEqual(ended.response, #"{"a":1}"#)
        XCTAssertEqual(ended.record.metadata, "{}")
        XCTAssertEqual(
            failure { try advance(id, RequestProgress(status: .failed)) },
            .conflict("The request is already completed"))
        try postAll()
        XCTAssertEqual(
            try column("SELECT trim_scale(amount)::text FROM credit_transactions", as: String.self), ["-7.5"])
        try assertNone("SELECT fault FROM credit_ledger_faults")
    }

    func testACancelledCallThatIsChargedCostsItsPrice() throws {
        let ids = try record([
            report("free", status: .processing), report("charged", status: .processing, quantity: "2"),
            report("told", status: .processing),
        ]).map(\.id)
        let ended = [
            try advance(ids[0], RequestProgress(status: .cancelled)),
            try advance(ids[1], RequestProgress(status: .cancelled, isCharged: true)),
            try advance(ids[2], RequestProgress(status: .cancelled, cost: ExactDecimal("0.1"), isCharged: true)),
        ]
        XCTAssertEqual(ended.map(\.record.cost?.text), [nil, "5", "0.1"])
        XCTAssertEqual(
            try column("SELECT (price_id IS NOT NULL)::text FROM requests ORDER BY cost", as: String.self),
            ["false", "true", "false"])
    }

    func testACostInAnotherCurrencyHasAnAccountOfItsOwn() throws {
        let id = try XCTUnwrap(record([report("foreign", status: .processing)]).first?.id)
        _ = try advance(id, RequestProgress(status: .completed, cost: ExactDecimal("2"), currency: "EUR"))
        try postAll()
        XCTAssertEqual(
            try column("SELECT currency || ' ' || balance FROM credit_accounts", as: String.self), ["EUR -2"])
    }

    func testACallThatIsNotThereIsNotFound() throws {
        XCTAssertEqual(
            failure { try advance(.make(at: noon), RequestProgress(status: .failed)) }, .notFound("Request"))
    }
}
