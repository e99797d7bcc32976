import Domain
import Postgres
import XCTest

@testable import Store

/// What the stored checks say. Each test has a provider of its own.
final class HealthTests: StoreTestCase {
    private let slug = HealthTests.slug("p\(UInt64.random(in: 0 ... .max))")

    private static func slug(_ text: String) -> ProviderSlug {
        do { return try ProviderSlug(text) } catch { preconditionFailure("\(error)") }
    }

    override func setUpWithError() throws {
        try super.setUpWithError()
        try run(
            """
            INSERT INTO providers (slug, display_name, kind, endpoint_url, vendor_endpoint_url, auth_type)
            VALUES ('\(slug.text)', 'Test', 'compute', 'https://x', 'https://x', 'bearer')
            """)
    }

    private func minutes(_ count: Int, after start: Timestamp? = nil) -> Timestamp {
        Timestamp(seconds: (start ?? noon).seconds + Int64(count) * 60)
    }

    private func check(_ status: HealthStatus, at now: Timestamp, milliseconds: Int? = 120) throws {
        let slug = slug
        try transact { (transaction) throws(Failure) in
            try transaction.recordHealth(
                of: slug,
                HealthFinding(
                    status: status, responseMilliseconds: milliseconds,
                    errorKind: status == .healthy ? nil : "unreachable",
                    errorMessage: status == .healthy ? nil : "Test could not be reached", reason: .manual), at: now)
        }
    }

    private func figures(at now: Timestamp) throws -> [String?] {
        let health = try store.health(of: slug, at: now)
        return [
            health.successRate?.text, health.uptime24Hours?.text, health.uptime7Days?.text, health.uptime30Days?.text,
        ]
    }

    // MARK: - Without and with one check

    func testWithoutAnyCheckNothingIsKnown() throws {
        let health = try store.health(of: slug, at: noon)
        XCTAssertNil(health.status)
        XCTAssertNil(health.lastChecked)
        XCTAssertNil(health.responseMilliseconds)
        XCTAssertEqual(try figures(at: noon), [nil, nil, nil, nil])
        XCTAssertNil(try store.healthMessage(of: slug))
        XCTAssertTrue(try store.healthProblems(of: slug, limit: 10, at: noon).isEmpty)
        XCTAssertEqual(failure { try store.health(of: Slug.nobody, at: noon) }, .notFound("Provider"))
    }

    func testAFirstCheckCountsAtOnce() throws {
        try check(.healthy, at: noon)
        XCTAssertEqual(try figures(at: noon), ["100", "100", "100", "100"])
        let health = try store.health(of: slug, at: noon)
        XCTAssertEqual(health.status, .healthy)
        XCTAssertEqual(health.lastChecked, noon)
        XCTAssertEqual(health.responseMilliseconds, 120)
    }

    func testAFirstCheckThatFindsItDownIsNoUptime() throws {
        try check(.down, at: noon, milliseconds: nil)
        XCTAssertEqual(try figures(at: noon), ["0", "0", "0", "0"])
        XCTAssertEqual(try store.healthMessage(of: slug), "Test could not be reached")
    }

    func testADegradedProviderIsUp() throws {
        try check(.degraded, at: noon)
        XCTAssertEqual(try figures(at: minutes(10)), ["100", "100", "100", "100"])
        XCTAssertEqual(try store.healthProblems(of: slug, limit: 10, at: minutes(10)).map(\.status), [.degraded])
    }

    // MARK: - Weights

    func testUptimeIsWeightedByTimeAndSuccessByNumber() throws {
        // Healthy for 30 minutes, down for 10, healthy for 20 by now.
        try check(.healthy, at: noon)
        try check(.down, at: minutes(30))
        try check(.healthy, at: minutes(40))
        XCTAssertEqual(try figures(at: minutes(60)), ["66.67", "83.33", "83.33", "83.33"])
    }

    func testACheckSpeaksForAnHourAtMost() throws {
        // Up for an hour, then nothing is known for two; down for half an hour by now.
        try check(.healthy, at: noon)
        try check(.down, at: minutes(180))
        XCTAssertEqual(try figures(at: minutes(210)), ["50", "66.67", "66.67", "66.67"])
        // The last check too speaks for an hour and no longer.
        XCTAssertEqual(try figures(at: minutes(400))[1], "50")
    }

    func testAPeriodThatCutsAnIntervalInTwoCountsItsPart() throws {
        // Up from -30 to +30 minutes around the beginning of the last 24 hours, then down for 10 minutes.
        let beginning = noon
        try check(.healthy, at: minutes(-30))
        try check(.down, at: minutes(30))
        try check(.healthy, at: minutes(40))
        // 24 hours later: 30 minutes up, 10 down, 60 up.
        let now = minutes(24 * 60, after: beginning)
        XCTAssertEqual(try figures(at: now), ["50", "90", "92.31", "92.31"])
    }

    func testAnIntervalThatEndsInsideThePeriodByItsOwnLimitCountsItsPart() throws {
        // Known for the hour from -30 to +30 only, although the next check comes three hours later.
        try check(.healthy, at: minutes(-30))
        try check(.down, at: minutes(180))
        let now = minutes(24 * 60)
        // 30 minutes up, 60 down.
        XCTAssertEqual(try figures(at: now), ["0", "33.33", "50", "50"])
    }

    func testWhatIsOlderThanThePeriodsIsNotKnownAnyMore() throws {
        try check(.down, at: noon)
        XCTAssertEqual(try figures(at: minutes(25 * 60)), [nil, nil, "0", "0"])
        XCTAssertEqual(try figures(at: minutes(31 * 24 * 60)), [nil, nil, nil, nil])
        XCTAssertEqual(try store.health(of: slug, at: minutes(31 * 24 * 60)).status, .down)
    }

    func testTheLastCheckBeforeThePeriodStillSpeaksInIt() throws {
        try check(.healthy, at: minutes(-30))
        XCTAssertEqual(try figures(at: minutes(24 * 60)), [nil, "100", "100", "100"])
    }

    /// Against a plain computation over the checks themselves.
    func testTheFiguresAreThoseOfTheChecks() throws {
        var checks: [(at: Int64, status: HealthStatus)] = []
        var at: Int64 = 0
        for _ in 0..<120 {
            at += Int64.random(in: 1...9_000) * 1_000_000
            checks.append((at, [.healthy, .healthy, .degraded, .down].randomElement() ?? .healthy))
        }
        for (at, status) in checks { try check(status, at: Timestamp(microseconds: noon.microseconds + at)) }
        for later in [0, 60, 3_000, 86_400 * 3, 86_400 * 6] as [Int64] {
            let now = at + later * 1_000_000
            let found = try figures(at: Timestamp(microseconds: noon.microseconds + now))
            for (index, days) in [1, 7, 30].enumerated() {
                let start = now - Int64(days) * 86_400_000_000
                var (known, up) = (Int64(0), Int64(0))
                for (index, check) in checks.enumerated() {
                    let next = index + 1 < checks.count ? checks[index + 1].at : now
                    let end = min(next, check.at + 3_600_000_000)
                    let part = max(0, end - max(check.at, start)) / 1_000
                    let whole = index + 1 == checks.count && check.at >= start ? max(1, part) : part
                    known += whole
                    if check.status != .down { up += whole }
                }
                let expected = known == 0 ? "nil" : String(Double(up) * 100 / Double(known))
                let text = found[index + 1] ?? "nil"
                XCTAssertEqual(text == "nil", expected == "nil", "\(days) days, \(later) s later")
                if let found = Double(text), let expected = Double(expected) {
                    XCTAssertEqual(found, expected, accuracy: 0.0051, "\(days) days, \(later) s later")
                }
            }
        }
    }

    // MARK: - Order

    func testACheckThatAnotherOneOvertookCountsAfterIt() throws {
        try check(.down, at: minutes(10))
        try check(.healthy, at: noon)
        let health = try store.health(of: slug, at: minutes(20))
        XCTAssertEqual(health.status, .healthy)
        XCTAssertEqual(health.lastChecked?.microseconds, minutes(10).microseconds + 1)
        XCTAssertEqual(try column("SELECT held_ms FROM health_checks ORDER BY id DESC LIMIT 1", as: Int.self), [0])
    }

    func testChecksAtOnceAreOneAfterTheOther() throws {
        let makeStore = try makeStore()
        let (slug, noon) = (slug, noon)
        let errors = concurrently(8) { number in
            for round in 0..<5 {
                try makeStore().transaction { (transaction) throws(Failure) in
                    try transaction.recordHealth(
                        of: slug, HealthFinding(status: .healthy, responseMilliseconds: 1, reason: .scheduled),
                        at: Timestamp(seconds: noon.seconds + Int64(number + round * 10)))
                }
            }
        }
        XCTAssertEqual(errors.count, 0, "\(errors)")
        // The time that the rows hold is the time between the first and the last of them.
        let held: Int = try value(
            """
            SELECT (sum(h.held_ms) - floor(extract(epoch FROM max(h.checked_at) - min(h.checked_at)) * 1000))::integer
            FROM health_checks h JOIN providers p ON p.id = h.provider_id WHERE p.slug = \(slug)
            """)
        XCTAssertLessThanOrEqual(abs(held), 40)
        let counts: Int = try value(
            """
            SELECT count(DISTINCT h.checked_at)
            FROM health_checks h JOIN providers p ON p.id = h.provider_id WHERE p.slug = \(slug)
            """)
        XCTAssertEqual(counts, 40)
    }

    // MARK: - Lists

    func testTheOverviewHasTheMediaProvidersFirstAndNoOtherThatIsSwitchedOff() throws {
        try run("UPDATE providers SET enabled = false WHERE slug IN ('minimax', 'gemini')")
        defer { XCTAssertNoThrow(try run("UPDATE providers SET enabled = true WHERE slug IN ('minimax', 'gemini')")) }
        let slugs = try store.health(at: noon).map(\.provider)
        XCTAssertEqual(slugs.prefix(5), ["fal_ai", "replicate", "minimax", "runway_ml", "black_forest_labs"])
        XCTAssertEqual(
            slugs.dropFirst(5).filter { !$0.hasPrefix("p") },
            ["claude", "cohere", "ollama", "openai", "openrouter", "requesty"])
        XCTAssertEqual(Array(slugs.dropFirst(5)), slugs.dropFirst(5).sorted())
    }

    func testProblemsAreTheNewestTenOfADay() throws {
        try check(.down, at: minutes(-25 * 60))
        for number in 0..<12 { try check(number == 5 ? .healthy : .down, at: minutes(number)) }
        let problems = try store.healthProblems(of: slug, limit: 10, at: minutes(60))
        XCTAssertEqual(problems.map(\.at), [11, 10, 9, 8, 7, 6, 4, 3, 2, 1].map { minutes($0) })
        XCTAssertEqual(problems.first?.kind, "unreachable")
        XCTAssertEqual(problems.first?.message, "Test could not be reached")
    }
}
