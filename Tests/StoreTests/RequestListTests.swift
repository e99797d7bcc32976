import Domain
import Postgres
import XCTest

@testable import Store

/// Pages, totals and exports of requests, against plain SQL over the raw rows.
final class RequestListTests: UsageTestCase {
    override func setUpWithError() throws {
        try run("TRUNCATE requests, usage_tail, usage_rollups, usage_by_owner, credit_transactions, credit_accounts")
        try fill(1_500, from: "2025-10-20", to: "2025-11-03")
        _ = try post(800)
    }

    private func ids(_ filter: RequestFilter) throws -> [String] {
        try column(
            """
            SELECT r.id::text
            FROM requests r
            JOIN providers p ON p.id = r.provider_id AND p.slug = 'openai'
            WHERE (\(filter.status)::text IS NULL OR r.status = \(filter.status)::text)
              AND (\(filter.model)::text IS NULL OR r.model = \(filter.model)::text)
              AND (\(filter.userID)::text IS NULL OR r.user_id = \(filter.userID)::text)
              AND (\(filter.span.start)::timestamptz IS NULL OR r.created_at >= \(filter.span.start)::timestamptz)
              AND (\(filter.span.end)::timestamptz IS NULL OR r.created_at < \(filter.span.end)::timestamptz)
            ORDER BY r.id DESC
            """
        ).compactMap { $0 }
    }

    private var filters: [RequestFilter] {
        let moments = [1_761_400_123_456_789, 1_761_600_000_000_000, 1_761_950_000_000_000, 1_762_000_111_000_000]
        let spans = [
            TimeSpan.always, TimeSpan(start: Timestamp(microseconds: Int64(moments[0])), end: nil),
            TimeSpan(start: nil, end: Timestamp(microseconds: Int64(moments[2]))),
            TimeSpan(
                start: Timestamp(microseconds: Int64(moments[1])), end: Timestamp(microseconds: Int64(moments[3]))),
        ]
        var filters: [RequestFilter] = []
        for span in spans {
            for status in [nil] + RequestStatus.allCases {
                for (model, user) in [
                    (nil, nil), ("gpt-4o", nil), (nil, "user 3"), ("a/b:c d", "user 2"), ("none", nil),
                ] {
                    filters.append(RequestFilter(status: status, model: model, userID: user, span: span))
                }
            }
        }
        return filters
    }

    func testEveryPageHasItsRowsAndTheExactTotal() throws {
        let store = try store
        for filter in filters {
            let expected = try ids(filter)
            for offset in [
                0, 1, expected.count / 3, expected.count * 2 / 3, max(0, expected.count - 2), expected.count + 5,
            ] {
                let slice = try store.requests(of: Slug.openai, filter, Page(limit: 4, offset: offset))
                XCTAssertEqual(slice.total, expected.count, "\(filter) \(offset)")
                XCTAssertFalse(slice.isEstimate)
                XCTAssertEqual(
                    slice.rows.map(\.id.text), Array(expected.dropFirst(offset).prefix(4)), "\(filter) \(offset)")
                XCTAssertEqual(slice.next, offset + 4 < expected.count ? slice.rows.last?.id.text : nil)
            }
        }
    }

    func testAPeriodMayBeginOrEndBefore1970() throws {
        let (before, always) = (Timestamp(seconds: -50_400), try ids(RequestFilter()))
        XCTAssertGreaterThan(always.count, 500)
        for filter in [RequestFilter(), RequestFilter(model: "gpt-4o"), RequestFilter(userID: "user 3")] {
            let since = RequestFilter(
                model: filter.model, userID: filter.userID, span: TimeSpan(start: before, end: nil))
            let slice = try store.requests(of: Slug.openai, since, Page(limit: 500))
            XCTAssertEqual(slice.rows.map(\.id.text), Array(try ids(filter).prefix(500)))
            XCTAssertEqual(slice.total, try ids(filter).count)
            let until = RequestFilter(
                model: filter.model, userID: filter.userID, span: TimeSpan(start: nil, end: before))
            XCTAssertEqual(try store.requests(of: Slug.openai, until, Page(limit: 1)).total, 0)
        }
    }

    func testCursorsWalkThroughAllRowsOnce() throws {
        let store = try store
        for filter in [
            RequestFilter(), RequestFilter(status: .failed), RequestFilter(model: "gpt-4o", userID: "user 1"),
        ] {
            var walked: [String] = []
            var after: String?
            repeat {
                let slice = try store.requests(of: Slug.openai, filter, Page(limit: 90, after: after))
                walked += slice.rows.map(\.id.text)
                after = slice.next
            } while after != nil
            XCTAssertEqual(walked, try ids(filter))
        }
        XCTAssertEqual(
            failure { try store.requests(of: Slug.openai, RequestFilter(), Page(limit: 1, after: "x")) },
            .invalid("cursor", "is not a cursor of this list"))
    }

    func testAnExportHasAllRows() throws {
        try fill(4_500, from: "2025-10-20", to: "2025-11-03", seed: 0.1)
        for filter in [RequestFilter(), RequestFilter(status: .completed)] {
            var found: [String] = []
            try store.eachRequest(of: Slug.openai, filter) { found.append($0.id.text) }
            XCTAssertGreaterThan(found.count, 2_000)
            XCTAssertEqual(found, try ids(filter))
        }
    }

    func testUsageThatOutlivesItsRequestsIsNotListed() throws {
        try postAll()
        try run("DELETE FROM requests WHERE created_at < '2025-10-25'")
        try run("TRUNCATE usage_tail")
        let slice = try store.requests(of: Slug.openai, RequestFilter(), Page(limit: 2))
        XCTAssertEqual(slice.total, try ids(RequestFilter()).count)
    }

    func testTheTotalOfAUserWithManyRequestsIsAnEstimate() throws {
        try run(
            """
            INSERT INTO requests (id, provider_id, user_id, purpose, model, status, created_at)
            SELECT overlay(gen_random_uuid()::text placing left(uuid_floor(made.at)::text, 13) from 1 for 13)::uuid, p.id,
                   CASE WHEN n % 2 = 0 THEN 'busy' ELSE 'other' END, 'recorded', 'm', 'pending', made.at
            FROM generate_series(1, 24100) AS n
            CROSS JOIN LATERAL (SELECT '2025-12-01Z'::timestamptz + n * interval '1 second' AS at) AS made
            JOIN providers p ON p.slug = 'claude'
            """)
        let slice = try store.requests(of: Slug.claude, RequestFilter(userID: "busy"), Page(limit: 3, offset: 11_000))
        XCTAssertTrue(slice.isEstimate)
        XCTAssertEqual(Double(slice.total), 12_050, accuracy: 20)
        XCTAssertEqual(slice.rows.count, 3)
        let part = RequestFilter(userID: "busy", span: TimeSpan(start: nil, end: Timestamp(seconds: 1_764_560_000)))
        XCTAssertFalse(try store.requests(of: Slug.claude, part, Page(limit: 3)).isEstimate)
    }
}
