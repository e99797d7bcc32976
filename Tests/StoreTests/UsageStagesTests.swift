import Domain
import Postgres
import XCTest

@testable import Store

/// Usage while requests are recorded, posted, taken on and cancelled, around every way in which the day of a zone can
/// differ from that of UTC: against plain SQL over the raw rows.
final class UsageStagesTests: UsageTestCase {
    /// Offsets of half and of three quarters of an hour, the largest ones there are, summer time that begins or ends at
    /// midnight, by half an hour and by two hours.
    private static let zones = [
        "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Pacific/Chatham",
        "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/St_Johns", "Australia/Lord_Howe", "America/Havana",
        "America/Santiago", "Africa/Cairo", "Asia/Beirut", "Antarctica/Troll",
    ]

    /// Around the first weeks of two years, of which one belongs to the year before, and both changes of the clock.
    private static let periods = [
        ("2024-12-27", "2025-01-08"), ("2025-03-07", "2025-03-11"), ("2025-03-28", "2025-04-08"),
        ("2025-09-06", "2025-09-08"), ("2025-10-04", "2025-10-07"), ("2025-10-25", "2025-11-03"),
        ("2026-12-27", "2027-01-05"),
    ]

    override func setUpWithError() throws {
        try run("TRUNCATE requests, usage_tail, usage_rollups, usage_by_owner, credit_transactions, credit_accounts")
    }

    func testUsageIsTheSumOfTheRawRowsAtEveryStage() throws {
        for (number, (from, to)) in Self.periods.enumerated() {
            try fill(250, from: from, to: to, seed: Double(number) / 10)
        }
        try assertUsage("nothing is posted")
        XCTAssertEqual(try post(800), 800)
        try assertUsage("some of it is posted")
        try takeOn()
        try assertUsage("what is posted changes")
        _ = try post(300)
        try assertUsage("some of the changes are posted")
        try postAll()
        try assertUsage("everything is posted")
    }

    /// Ends what is under way, in every way there is.
    private func takeOn() throws {
        let ids = try column(
            "SELECT id::text FROM requests WHERE status IN ('pending', 'processing') ORDER BY id", as: String.self)
        let ends = [
            RequestProgress(status: .cancelled), RequestProgress(status: .failed, responseTime: 700),
            RequestProgress(status: .completed, responseTime: 90, cost: ExactDecimal("0.0000000007")),
            RequestProgress(status: .cancelled, cost: ExactDecimal("0.25")), RequestProgress(status: .processing),
            RequestProgress(status: .completed, cost: ExactDecimal("3"), currency: "EUR"),
        ]
        for (number, id) in ids.compactMap({ $0.flatMap { ID<ProviderRequest>($0) } }).enumerated() {
            let (end, noon) = (ends[number % ends.count], noon)
            _ = try transact { (transaction) throws(Failure) in try transaction.advance(id, end, at: noon) }
        }
        XCTAssertGreaterThan(ids.count, 200)
    }

    private func assertUsage(_ stage: String, file: StaticString = #filePath, line: UInt = #line) throws {
        let store = try store
        for zone in Self.zones {
            for unit in UsageUnit.allCases {
                let span = randomSpan()
                let expected = try rawUsage(span, unit, zone)
                let report = try store.usage(of: Slug.openai, in: span, by: unit, zone: zone)
                XCTAssertEqual(
                    report.parts.map { "\($0.date) \(text($0.figures))" }, expected,
                    "\(stage): \(zone) \(unit) \(span)",
                    file: file, line: line)
            }
        }
    }

    private func rawUsage(_ span: ClosedSpan, _ unit: UsageUnit, _ zone: String) throws -> [String] {
        try column(
            """
            SELECT part.day || ' ' || count(*) || ' ' || count(*) FILTER (WHERE r.status = 'completed') || ' '
                || count(*) FILTER (WHERE r.status = 'failed') || ' '
                || trim_scale(coalesce(sum(r.cost) FILTER (WHERE r.currency = 'USD'), 0)) || ' '
                || coalesce(round(avg(r.response_ms))::text, '-')
            FROM requests r
            JOIN providers p ON p.id = r.provider_id AND p.slug = 'openai'
            CROSS JOIN LATERAL (
                SELECT date_trunc(\(unit.rawValue)::text, r.created_at AT TIME ZONE \(zone)::text)::date AS day
            ) AS part
            WHERE r.created_at >= \(span.start)::timestamptz AND r.created_at < \(span.end)::timestamptz
            GROUP BY part.day
            ORDER BY part.day DESC
            """
        ).compactMap { $0 }
    }

    private func text(_ figures: UsageFigures) -> String {
        let average = figures.averageResponseTime.map { String($0) } ?? "-"
        return "\(figures.requests) \(figures.successful) \(figures.failed) \(figures.cost.text) \(average)"
    }

    /// From before the first request to after the last one, or any part of it, on the microsecond or the quarter.
    private func randomSpan() -> ClosedSpan {
        let (first, last): (Int64, Int64) = (1_735_000_000, 1_799_500_000)
        guard Bool.random() else {
            return ClosedSpan(start: Timestamp(seconds: first), end: Timestamp(seconds: last))
        }
        let step: Int64 = [1, 1_000_000, 900_000_000].randomElement() ?? 1
        let moments = (0..<2).map { _ in Int64.random(in: first...last) * 1_000_000 + Int64.random(in: 0..<1_000_000) }
            .map { $0 / step * step }.sorted()
        return ClosedSpan(
            start: Timestamp(microseconds: moments[0]), end: Timestamp(microseconds: max(moments[1], moments[0] + step))
        )
    }

    // MARK: - Shares

    func testSharesAddUpToExactlyAHundredWhateverTheNumbers() throws {
        let day = ClosedSpan(start: Timestamp(seconds: 1_735_689_600), end: Timestamp(seconds: 1_735_776_000))
        for round in 0..<60 {
            let most = [3, 40, 1_000_000, 9_000_000_000][round % 4]
            let counts = (0..<11).map { _ in Int.random(in: 0...most) }
            try run(
                """
                TRUNCATE usage_rollups;
                INSERT INTO usage_rollups
                SELECT p.id, 'day', '', '2025-01-01Z', 'USD', g.count, 0, 0, g.count, 0, 0, 0, 0, 0, 0, 0, 0.1
                FROM (SELECT id, row_number() OVER (ORDER BY id) AS number FROM providers) AS p
                JOIN unnest('{\(counts.map(String.init).joined(separator: ","))}'::bigint[]) WITH ORDINALITY
                     AS g (count, number) USING (number)
                WHERE g.count > 0
                """)
            let summary = try store.usageSummary(in: day)
            guard !summary.providers.isEmpty else { continue }
            let (shares, requests) = (summary.providers.map(\.percentage.text), summary.providers.map(\.requests))
            XCTAssertEqual(
                try value(
                    "SELECT trim_scale(sum(share::numeric))::text FROM unnest(\(shares)::text[]) AS share",
                    as: String.self), "100", "\(counts)")
            // None is further from the exact share than the last place that is shown.
            try assertNone(
                """
                SELECT s.share || ' of ' || s.requests
                FROM unnest(\(shares)::numeric[], \(requests)::bigint[]) AS s (share, requests)
                WHERE abs(s.share - s.requests * 100.0 / (SELECT sum(r) FROM unnest(\(requests)::bigint[]) AS r)) >= 0.01
                """)
        }
    }
}
