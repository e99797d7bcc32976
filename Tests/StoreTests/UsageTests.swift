import Domain
import Postgres
import XCTest

@testable import Store

/// Usage from rollups, tail and raw rows, against plain SQL over the raw rows alone.
final class UsageTests: UsageTestCase {
    private static let zones = [
        "UTC", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns", "Europe/Berlin", "America/Havana",
        "Pacific/Apia", "Asia/Kathmandu",
    ]

    /// Across the ends of summer time in Europe, Australia and America of 2025; half of it is posted, and then some of
    /// what is posted changes.
    override func setUpWithError() throws {
        try run("TRUNCATE requests, usage_tail, usage_rollups, usage_by_owner, credit_transactions, credit_accounts")
        try fill(2_500, from: "2025-09-25", to: "2025-11-10")
        _ = try post(1_200)
        try run(
            """
            UPDATE requests SET status = 'completed', completed_at = now(), response_ms = 5, cost = 0.1, currency = 'USD'
            WHERE status = 'processing' AND model = 'gpt-4o'
            """)
        _ = try post(50)
        // Around both midnights of a day that has two.
        try fill(60, from: "2025-11-02 02:00", to: "2025-11-02 07:00", seed: 0.25)
        try run(
            """
            INSERT INTO models (provider_id, name, display_name, kind)
            SELECT id, 'gpt-4o', 'GPT', 'chat' FROM providers
            ON CONFLICT DO NOTHING
            """)
    }

    private func randomSpan() -> ClosedSpan {
        let first: Int64 = 1_758_700_000_000_000
        let moments = (0..<2).map { _ in first + Int64.random(in: 0...4_200_000_000_000) }.sorted()
        // On the microsecond, the second, the quarter or the day.
        let step: Int64 = [1, 1_000_000, 900_000_000, 86_400_000_000].randomElement() ?? 1
        let (start, end) = (moments[0] / step * step, moments[1] / step * step)
        return ClosedSpan(
            start: Timestamp(microseconds: start), end: Timestamp(microseconds: end > start ? end : start + step))
    }

    private static let rawFigures: StaticString = """
        count(*) || ' ' || count(*) FILTER (WHERE r.status = 'completed') || ' '
            || count(*) FILTER (WHERE r.status = 'failed') || ' '
            || trim_scale(coalesce(sum(r.cost) FILTER (WHERE r.currency = 'USD'), 0)) || ' '
            || coalesce(round(avg(r.response_ms))::text, '-')
        """

    private func text(_ figures: UsageFigures) -> String {
        let average = figures.averageResponseTime.map { String($0) } ?? "-"
        return "\(figures.requests) \(figures.successful) \(figures.failed) \(figures.cost.text) \(average)"
    }

    func testUsageIsTheSumOfTheRawRowsInEveryZoneAndPeriod() throws {
        let store = try store
        for zone in Self.zones {
            for unit in UsageUnit.allCases {
                for _ in 0..<6 {
                    let span = randomSpan()
                    let expected: [String?] = try column(
                        """
                        SELECT part.day || ' ' || \(literal: Self.rawFigures)
                        FROM requests r
                        JOIN providers p ON p.id = r.provider_id AND p.slug = 'openai'
                        CROSS JOIN LATERAL (
                            SELECT date_trunc(\(unit.rawValue)::text, r.created_at AT TIME ZONE \(zone)::text)::date AS day
                        ) AS part
                        WHERE r.created_at >= \(span.start)::timestamptz AND r.created_at < \(span.end)::timestamptz
                        GROUP BY part.day
                        ORDER BY part.day DESC
                        """)
                    let total: String = try value(
                        """
                        SELECT \(literal: Self.rawFigures)
                        FROM requests r
                        JOIN providers p ON p.id = r.provider_id AND p.slug = 'openai'
                        WHERE r.created_at >= \(span.start)::timestamptz AND r.created_at < \(span.end)::timestamptz
                        """)
                    let report = try store.usage(of: Slug.openai, in: span, by: unit, zone: zone)
                    XCTAssertEqual(
                        report.parts.map { "\($0.date) \(text($0.figures))" }, expected.compactMap { $0 },
                        "\(zone) \(unit) \(span)")
                    XCTAssertEqual(text(report.total), total, "\(zone) \(unit) \(span)")
                }
            }
        }
    }

    func testUsageByModelIsTheSumOfTheRawRows() throws {
        for _ in 0..<30 {
            let span = randomSpan()
            let expected: [String?] = try column(
                """
                SELECT r.model || ' ' || \(literal: Self.rawFigures)
                FROM requests r
                JOIN providers p ON p.id = r.provider_id AND p.slug = 'openai'
                WHERE r.created_at >= \(span.start)::timestamptz AND r.created_at < \(span.end)::timestamptz
                GROUP BY r.model
                ORDER BY count(*) DESC, r.model
                """)
            let found = try store.usageByModel(of: Slug.openai, in: span)
            XCTAssertEqual(found.map { "\($0.modelID) \(text($0.figures))" }, expected.compactMap { $0 }, "\(span)")
            XCTAssertEqual(Set(found.map(\.modelName)).subtracting(["GPT", nil]), [])
        }
    }

    func testTheSummaryAddsUpToAHundred() throws {
        let whole = try XCTUnwrap(
            store.usageSpan(
                TimeSpan(start: Timestamp(seconds: 1_750_000_000), end: Timestamp(seconds: 1_770_000_000)), in: "UTC",
                at: noon))
        let summary = try store.usageSummary(in: whole)
        XCTAssertEqual(summary.providers.map(\.provider), ["fal_ai", "openai"])
        XCTAssertEqual(summary.requests, 2_560)
        XCTAssertEqual(
            summary.cost?.text,
            try value("SELECT trim_scale(sum(cost)) FROM requests WHERE currency = 'USD'", as: String.self))
        try run("DELETE FROM requests; TRUNCATE usage_tail, usage_rollups")
        for (slug, count) in [("fal_ai", 1), ("openai", 1), ("claude", 1)] {
            try run(
                """
                INSERT INTO requests (id, provider_id, purpose, model, status, created_at)
                SELECT overlay(gen_random_uuid()::text placing left(uuid_floor('2025-10-01Z')::text, 13) from 1 for 13)::uuid,
                       id, 'recorded', 'm', 'pending', '2025-10-01Z'
                FROM providers CROSS JOIN generate_series(1, \(count)) WHERE slug = '\(slug)'
                """)
        }
        XCTAssertEqual(
            try store.usageSummary(in: whole).providers.map { "\($0.provider) \($0.percentage.text)" },
            ["fal_ai 33.34", "claude 33.33", "openai 33.33"])
    }

    func testAPeriodThatIsLeftOpenEndsTodayAndHasThirtyDays() throws {
        let store = try store
        func dates(_ span: TimeSpan, _ zone: String) throws -> [String?] {
            let found = try store.usageSpan(span, in: zone, at: noon)
            return [found?.start.iso(.seconds), found?.end.iso(.seconds)]
        }
        XCTAssertEqual(try dates(.always, "UTC"), ["2026-02-04T00:00:00Z", "2026-03-06T00:00:00Z"])
        // It is the 6th there already.
        XCTAssertEqual(try dates(.always, "Pacific/Kiritimati"), ["2026-02-04T10:00:00Z", "2026-03-06T10:00:00Z"])
        let june = Timestamp(seconds: 1_748_736_000)
        XCTAssertEqual(
            try dates(TimeSpan(start: nil, end: june), "Europe/Berlin"),
            ["2025-05-02T22:00:00Z", "2025-06-01T00:00:00Z"])
        XCTAssertEqual(
            try dates(TimeSpan(start: june, end: nil), "UTC"), ["2025-06-01T00:00:00Z", "2026-03-06T00:00:00Z"])
        XCTAssertEqual(try dates(TimeSpan(start: Timestamp(seconds: 1_800_000_000), end: nil), "UTC"), [nil, nil])
        XCTAssertEqual(
            try dates(TimeSpan(start: Timestamp(seconds: 1_400_000_000), end: nil), "UTC"), [nil, nil])
        let decade = TimeSpan(start: Timestamp(seconds: 1_458_518_400), end: Timestamp(seconds: 1_774_051_200))
        XCTAssertEqual(try dates(decade, "UTC"), ["2016-03-21T00:00:00Z", "2026-03-21T00:00:00Z"])
    }

    func testAnUnknownProviderIsNotFound() throws {
        let span = ClosedSpan(start: noon, end: Timestamp(seconds: noon.seconds + 60))
        XCTAssertEqual(
            failure { try store.usage(of: Slug.nobody, in: span, by: .day, zone: "UTC") }, .notFound("Provider"))
        XCTAssertEqual(failure { try store.usageByModel(of: Slug.nobody, in: span) }, .notFound("Provider"))
        let (report, noSpan) = (try store.usage(of: Slug.gemini, in: span, by: .week, zone: "UTC"), Slug.gemini)
        XCTAssertEqual(report, UsageReport(total: .none, parts: []))
        XCTAssertEqual(try store.usageByModel(of: noSpan, in: span), [])
    }
}
