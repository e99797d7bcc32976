import Domain
import Postgres
import XCTest

@testable import Store

final class RetentionTests: LedgerTestCase {
    private func partitions(of parent: String) throws -> [String] {
        try column(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = \(parent)::regclass ORDER BY 1",
            as: String.self
        ).compactMap { $0 }.filter { !$0.hasSuffix("_other") }
    }

    private func month(_ ago: Int, of parent: String) throws -> String {
        try value(
            """
            SELECT \(parent)::text
                   || to_char(now() AT TIME ZONE 'UTC' - make_interval(months => \(ago)::integer), '"_"YYYY_MM')
            """)
    }

    func testMonthsAreMadeAheadAndOnce() throws {
        try run("DROP TABLE \(try month(-2, of: "requests")), \(try month(-2, of: "request_payloads"))")
        let made = try transact { (transaction) throws(Failure) in try transaction.createRequestPartitions(months: 4) }
        XCTAssertEqual(made, 1)
        XCTAssertTrue(try partitions(of: "requests").contains(month(-2, of: "requests")))
        XCTAssertEqual(
            try transact { (transaction) throws(Failure) in try transaction.createRequestPartitions(months: 4) }, 0)
    }

    func testPayloadsGoBeforeTheirRequestsAndNeverAfterThem() throws {
        try run("SELECT create_request_partitions(now() - interval '12 months', 13)")
        func drop(_ months: Int?, _ days: Int?) throws -> Int {
            try transact { (transaction) throws(Failure) in
                try transaction.dropRequestPartitions(requestMonths: months, payloadDays: days)
            }
        }
        XCTAssertEqual(try drop(nil, nil), 0)
        XCTAssertGreaterThan(try drop(nil, 200), 3)
        XCTAssertTrue(try partitions(of: "requests").contains(month(12, of: "requests")))
        XCTAssertFalse(try partitions(of: "request_payloads").contains(month(9, of: "request_payloads")))
        _ = try drop(3, nil)
        XCTAssertFalse(try partitions(of: "requests").contains(month(5, of: "requests")))
        XCTAssertFalse(try partitions(of: "request_payloads").contains(month(5, of: "request_payloads")))
        XCTAssertTrue(try partitions(of: "requests").contains(month(2, of: "requests")))
    }

    /// A call of two months ago, with a payload.
    private func reportLate() throws -> ID<ProviderRequest> {
        let moment: Timestamp = try value("SELECT date_trunc('second', now() - interval '2 months')")
        let report = RequestReport(
            externalID: "late", model: "m", status: .completed, userID: nil, createdAt: moment, completedAt: moment,
            responseTime: 1, cost: ExactDecimal("1"), quantity: try XCTUnwrap(ExactDecimal("1")), resolution: nil,
            payload: RequestPayload(request: #"{"prompt":"a boat"}"#), providerRequestID: nil, fingerprint: [1])
        let recorded = try transact { (transaction) throws(Failure) in
            try transaction.record([report], of: Self.fal) { _ in "id" }
        }
        return try XCTUnwrap(recorded.first).id
    }

    private func places(of id: ID<ProviderRequest>) throws -> [String] {
        try column(
            """
            SELECT tableoid::regclass::text FROM requests WHERE id = \(id)
            UNION ALL
            SELECT tableoid::regclass::text FROM request_payloads WHERE request_id = \(id)
            """, as: String.self
        ).compactMap { $0 }
    }

    func testWhatIsReportedAfterItsMonthWasDroppedGoesWithThatMonth() throws {
        func make() throws -> Int {
            try transact { (transaction) throws(Failure) in try transaction.createRequestPartitions(months: 1) }
        }
        func drop(_ months: Int?, _ days: Int?) throws -> Int {
            try transact { (transaction) throws(Failure) in
                try transaction.dropRequestPartitions(requestMonths: months, payloadDays: days)
            }
        }
        _ = try make()
        let (requests, payloads) = (try month(2, of: "requests"), try month(2, of: "request_payloads"))
        _ = try drop(1, nil)
        XCTAssertFalse(try partitions(of: "requests").contains(requests))
        let id = try reportLate()
        XCTAssertEqual(try places(of: id), ["requests_other", "request_payloads_other"])
        XCTAssertEqual(try make(), 1)
        XCTAssertEqual(try places(of: id), [requests, payloads])
        XCTAssertEqual(try make(), 0)
        // A payload alone: its month was dropped, that of the requests is there.
        XCTAssertGreaterThan(try drop(nil, 20), 0)
        XCTAssertEqual(try places(of: id), [requests])
        try run("INSERT INTO request_payloads (request_id, request) VALUES ('\(id)', '1')")
        XCTAssertEqual(try make(), 0)
        XCTAssertEqual(try places(of: id), [requests, payloads])
        XCTAssertGreaterThan(try drop(1, nil), 0)
        XCTAssertEqual(try places(of: id), [])
        XCTAssertEqual(try store.usageByModel(of: Self.fal, in: try lastYear()).map(\.figures.cost.text), ["1"])
    }

    private func lastYear() throws -> ClosedSpan {
        ClosedSpan(
            start: try value("SELECT now() - interval '1 year'"), end: try value("SELECT now() + interval '1 hour'"))
    }

    func testRowsOfNoMonthAreLeftWhereTheyAre() throws {
        try run(
            """
            INSERT INTO requests (id, provider_id, purpose, model, status, created_at)
            SELECT made.id::uuid, p.id, 'test', 'm', 'pending', now()
            FROM providers p,
                 unnest('{f81d4fae-7dec-41d0-a765-00a0c91e6bf6,00000000-0000-7000-8000-000000000000}'::text[]) AS made (id)
            WHERE p.slug = 'fal_ai'
            """)
        XCTAssertEqual(
            try transact { (transaction) throws(Failure) in try transaction.createRequestPartitions(months: 1) }, 0)
        XCTAssertEqual(
            try value("SELECT count(*) FROM requests_other", as: Int.self), 2)
    }

    func testKeysGoWithTheMonthsOfTheirRequestsInBatches() throws {
        try run(
            """
            INSERT INTO request_keys (provider_id, external_id, fingerprint, request_id)
            SELECT p.id, n::text, sha256(''), overlay(
                       gen_random_uuid()::text
                       placing left(uuid_floor(now() - make_interval(months => n))::text, 13) from 1 for 13)::uuid
            FROM providers p CROSS JOIN generate_series(0, 9) AS n
            WHERE p.slug = 'fal_ai'
            """)
        func delete(_ limit: Int) throws -> Int {
            try transact { (transaction) throws(Failure) in
                try transaction.deleteRequestKeys(olderThanMonths: 5, limit: limit)
            }
        }
        XCTAssertEqual(try delete(3), 3)
        XCTAssertEqual(try delete(3), 1)
        XCTAssertEqual(try delete(3), 0)
        XCTAssertEqual(try value("SELECT max(external_id) FROM request_keys", as: String.self), "5")
    }

    func testTheNewestFigureOfAProviderStays() throws {
        try run(
            """
            INSERT INTO provider_balances
            SELECT p.id, now() - make_interval(days => d), d, 'USD'
            FROM providers p CROSS JOIN unnest('{500,450,10}'::integer[]) AS d WHERE p.slug = 'fal_ai'
            UNION ALL SELECT p.id, now() - interval '600 days', 600, 'USD' FROM providers p WHERE p.slug = 'replicate'
            """)
        let deleted = try transact { (transaction) throws(Failure) in
            try transaction.deleteOldReportedBalances(limit: 100)
        }
        XCTAssertEqual(deleted, 2)
        XCTAssertEqual(
            try column("SELECT balance::text FROM provider_balances ORDER BY 1", as: String.self), ["10", "600"])
    }

    func testAProviderIsCheckedAsOftenADayAsItMay() throws {
        try run(
            """
            INSERT INTO credentials (id, provider_id, type, sealed, key_id)
            SELECT gen_random_uuid(), id, 'api_key', decode(repeat('00', 60), 'hex'), 'k1' FROM providers WHERE slug = 'fal_ai';
            INSERT INTO health_checks (provider_id, checked_at, status, reason)
            SELECT id, now() - interval '1 hour', 'healthy', reason
            FROM providers, unnest('{scheduled,scheduled,manual}'::text[]) AS reason WHERE slug = 'fal_ai';
            INSERT INTO health_checks (provider_id, checked_at, status, reason)
            SELECT id, now() - interval '25 hours', 'healthy', 'scheduled' FROM providers WHERE slug = 'fal_ai'
            """)
        XCTAssertEqual(try store.providersToCheck(dailyLimit: 2).map(\.slug), [])
        XCTAssertEqual(try store.providersToCheck(dailyLimit: 3).map(\.slug), ["fal_ai"])
        try run("UPDATE providers SET enabled = false WHERE slug = 'fal_ai'")
        XCTAssertEqual(try store.providersToCheck(dailyLimit: 3).map(\.slug), [])
    }
}
