import Domain
import Postgres
import XCTest

@testable import Store

final class AlertReviewTests: LedgerTestCase {
    private func review(_ slug: ProviderSlug? = nil, at now: Timestamp? = nil) throws {
        try transact { (transaction) throws(Failure) in try transaction.reviewAlerts(of: slug, at: now ?? noon) }
    }

    /// What is open, as `type severity: message`, oldest first.
    private func open(_ slug: String = "fal_ai") throws -> [String] {
        try column(
            """
            SELECT a.type || ' ' || a.severity || ': ' || a.message
            FROM alerts a JOIN providers p ON p.id = a.provider_id
            WHERE p.slug = \(slug) AND a.resolved_at IS NULL
            ORDER BY a.id
            """, as: String.self
        ).compactMap { $0 }
    }

    private func check(_ status: String, at now: Timestamp) throws {
        let kind = status == "down" ? "'timed_out'" : "NULL"
        try run(
            """
            INSERT INTO health_checks (provider_id, checked_at, status, error_kind, reason)
            SELECT id, '\(now.iso(.microseconds))', '\(status)', \(kind), 'manual' FROM providers WHERE slug = 'fal_ai'
            """)
    }

    private func resolve(at now: Timestamp) throws {
        let id: Int = try value("SELECT id FROM alerts WHERE resolved_at IS NULL")
        _ = try transact { (transaction) throws(Failure) in
            try transaction.resolveAlert(id, of: Self.fal, note: nil, by: "alice", at: now)
        }
    }

    /// Posted usage of a quarter of an hour and unposted usage, each so many.
    private func use(
        completed: Int = 0, failed: Int = 0, unpriced: Int = 0, model: String = "m", before: Timestamp? = nil
    ) throws {
        let at = (before ?? noon).iso(.microseconds)
        let counts = "\(completed + failed), 0, 0, \(completed), \(failed), 0, \(unpriced), 0, 0, 0, 0, 0"
        for name in [model, ""] {
            try run(
                """
                INSERT INTO usage_rollups
                SELECT id, 'quarter', '\(name)', quarter_of('\(at)'), 'USD', \(counts) FROM providers WHERE slug = 'fal_ai'
                """)
        }
        try run(
            """
            INSERT INTO usage_tail (request_id, provider_id, model, currency, created_at, requests, pending, processing,
                completed, failed, cancelled, unpriced, response_ms, responses, prompt_tokens, completion_tokens, cost)
            SELECT gen_random_uuid(), id, '\(model)', 'USD', '\(at)', \(counts) FROM providers WHERE slug = 'fal_ai'
            """)
    }

    func testNothingIsRaisedWithoutACause() throws {
        try review()
        XCTAssertEqual(try value("SELECT count(*) FROM alerts", as: Int.self), 0)
    }

    func testALowBalanceIsRaisedOnceRenewedAndSettled() throws {
        try add("50")
        for second in [0, 10, 70, 80] { try review(at: later(Int64(second))) }
        XCTAssertEqual(try open(), ["low_balance high: Credit balance is below threshold: $50.00"])
        XCTAssertEqual(try value("SELECT occurrences FROM alerts", as: Int.self), 2, "once a minute at most")
        try add("-60.005")
        try review(at: later(81))
        XCTAssertEqual(
            try open(), ["low_balance critical: Credit balance is below threshold: -$10.01"], "more urgent at once")
        try add("200")
        try review(at: later(90))
        XCTAssertEqual(try open(), [])
        XCTAssertEqual(
            try value(
                "SELECT resolution_note FROM alerts WHERE resolved_by IS NULL AND resolved_at IS NOT NULL",
                as: String.self), "Resolved by the system: the cause is gone")
        try review(at: later(100))
        XCTAssertEqual(try value("SELECT count(*) FROM alerts", as: Int.self), 1)
    }

    func testAmountsAreWrittenAsTheCurrencyIs() throws {
        try run("UPDATE providers SET currency = 'EUR' WHERE slug = 'fal_ai'")
        try add("50")
        try review(Self.fal)
        XCTAssertEqual(try open(), ["low_balance high: Credit balance is below threshold: 50.00 EUR"])
    }

    func testAReviewOfOneProviderLeavesTheOthersAlone() throws {
        try add("1")
        try add("1", to: Self.replicate)
        try review(Self.fal)
        XCTAssertEqual(try open("replicate"), [])
        try review()
        XCTAssertEqual(try open("replicate").count, 1)
        try add("1000", to: Self.replicate)
        try review(Self.fal)
        XCTAssertEqual(try open("replicate").count, 1)
    }

    func testWhatSomebodyResolvedIsNotRaisedAgainUntilItsCauseWasGone() throws {
        try add("50")
        try review()
        try resolve(at: later(5))
        try review(at: later(10))
        XCTAssertEqual(try open(), [], "the cause stays")
        try add("100")
        try review(at: later(20))
        try add("-100")
        try review(at: later(30))
        XCTAssertEqual(try open().count, 1, "the cause was gone once")
    }

    func testWhatSomebodyResolvedIsRaisedAgainAfterADay() throws {
        try add("50")
        try review()
        try resolve(at: later(5))
        try review(at: later(86_000))
        XCTAssertEqual(try open(), [])
        try review(at: later(86_405))
        try review(at: later(86_415))
        XCTAssertEqual(try open().count, 1)
    }

    func testDriftNeedsMoreThanOneUnitAndFivePercent() throws {
        try add("1000")
        func report(_ balance: String, _ second: Int64) throws {
            try run(
                """
                INSERT INTO provider_balances SELECT id, '\(later(second).iso(.seconds))'::timestamptz, \(balance), 'USD'
                FROM providers WHERE slug = 'fal_ai'
                """)
            try review(at: later(second))
        }
        try report("960", 1)
        XCTAssertEqual(try open(), [])
        try report("900", 2)
        XCTAssertEqual(try open(), ["balance_drift medium: The ledger says $1000.00, the provider says $900.00"])
        try report("1000", 3)
        XCTAssertEqual(try open(), [])
        try run("UPDATE providers SET low_balance_threshold = 0 WHERE slug = 'fal_ai'")
        try add("-999.5")
        try report("1", 4)
        XCTAssertEqual(try open(), [], "half a dollar is nothing")
    }

    func testAProviderThatIsDownRecoversAndTheNewsGoesByItself() throws {
        try check("healthy", at: later(0))
        try check("down", at: later(10))
        try review(at: later(11))
        XCTAssertEqual(try open(), ["provider_down critical: The last health check failed: timed out"])
        try check("healthy", at: later(20))
        try review(at: later(21))
        XCTAssertEqual(try open(), ["provider_recovered low: The provider answers again"])
        try check("down", at: later(30))
        try review(at: later(31))
        XCTAssertEqual(try open(), ["provider_down critical: The last health check failed: timed out"])
        try check("degraded", at: later(40))
        try review(at: later(41))
        XCTAssertEqual(try open(), ["provider_recovered low: The provider answers again"])
        try review(at: later(41 + 86_400))
        XCTAssertEqual(try open(), [])
    }

    func testWhoResolvedAnOutageIsToldItsEndAsWell() throws {
        try check("down", at: later(10))
        try review(at: later(11))
        try resolve(at: later(12))
        try review(at: later(3_600))
        XCTAssertEqual(try open(), [], "it is still down, and somebody knows")
        try check("healthy", at: later(7_200))
        try review(at: later(7_201))
        XCTAssertEqual(try open(), ["provider_recovered low: The provider answers again"])
        try review(at: later(7_201 + 86_400))
        XCTAssertEqual(try open(), [])
    }

    func testTheErrorRateCountsPostedAndUnpostedUsageOfTheLastHour() throws {
        try use(completed: 8, failed: 2)
        try review()
        XCTAssertEqual(try open(), [], "a fifth is not more than a fifth")
        try run("TRUNCATE usage_rollups, usage_tail")
        try use(completed: 7, failed: 3)
        try review()
        XCTAssertEqual(try open(), ["error_rate high: 6 of the 20 requests of the last hour failed"])
        try review(at: later(5_400))
        XCTAssertEqual(try open(), [])
        try use(failed: 10, before: later(5_400))
        try review(at: later(5_400))
        XCTAssertEqual(try open(), ["error_rate critical: 20 of the 20 requests of the last hour failed"])
    }

    func testAFewRequestsAreNoRate() throws {
        try use(completed: 0, failed: 9)
        try review()
        XCTAssertEqual(try open(), [])
    }

    func testEveryUnpricedModelHasAnAlertOfItsOwn() throws {
        try use(completed: 2, unpriced: 1, model: "flux")
        try use(completed: 2, unpriced: 2, model: "kontext", before: later(-3_600))
        try use(completed: 2, model: "priced", before: later(-7_200))
        try review()
        XCTAssertEqual(
            Set(try open()),
            [
                "unpriced_model medium: 2 completed requests of the last day have no known price: model flux",
                "unpriced_model medium: 4 completed requests of the last day have no known price: model kontext",
            ])
        try review(at: later(90_000))
        XCTAssertEqual(try open(), [])
    }

    func testANewPriceSettlesTheAlertOfItsModelAndOfNoOther() throws {
        try use(completed: 2, unpriced: 1, model: "flux")
        try use(completed: 2, unpriced: 1, model: "kontext", before: later(-3_600))
        try review(at: later(60))
        XCTAssertEqual(try open().count, 2)
        try run(
            """
            WITH made AS (
                INSERT INTO models (provider_id, name, display_name, kind)
                SELECT id, 'flux', 'Flux', 'image' FROM providers WHERE slug = 'fal_ai'
                RETURNING id
            )
            INSERT INTO prices (model_id, effective_from, per_generation, source)
            SELECT id, '\(later(120).iso(.seconds))', 0.05, 'test' FROM made
            """)
        try review(at: later(119))
        XCTAssertEqual(try open().count, 2, "not in force yet")
        try review(at: later(120))
        XCTAssertEqual(
            try open(),
            ["unpriced_model medium: 2 completed requests of the last day have no known price: model kontext"])
        // A price that does not say what these calls cost.
        try use(completed: 2, unpriced: 1, model: "flux", before: later(1_000))
        try review(at: later(1_010))
        XCTAssertEqual(
            Set(try open()),
            [
                "unpriced_model medium: 2 completed requests of the last day have no known price: model flux",
                "unpriced_model medium: 2 completed requests of the last day have no known price: model kontext",
            ])
    }

    private func insertCredential(
        state: String, active: Bool, age: Int, expires: String = "NULL", owner: String = "NULL"
    ) throws {
        try run(
            """
            INSERT INTO credentials (id, provider_id, owner, type, sealed, key_id, state, is_active, created_at, expires_at)
            SELECT gen_random_uuid(), id, \(owner), 'api_key', decode(repeat('00', 60), 'hex'), 'k1', '\(state)', \(active),
                   now() - interval '\(age) days', \(expires)
            FROM providers WHERE slug = 'fal_ai'
            """)
    }

    func testARefusedKeyIsAnnouncedUntilANewerOneIsThere() throws {
        try insertCredential(state: "invalid", active: true, age: 9, owner: "'tenant:x'")
        try review()
        XCTAssertEqual(try open(), [], "an owner's key is the owner's matter")
        try insertCredential(state: "invalid", active: false, age: 2)
        try review()
        XCTAssertEqual(try open(), ["invalid_key high: The provider refuses the API key"])
        try insertCredential(state: "valid", active: true, age: 1)
        try review()
        XCTAssertEqual(try open(), [])
        try run("UPDATE credentials SET is_active = true WHERE state = 'invalid'")
        try review()
        XCTAssertEqual(try open().count, 1, "a refused one in use")
    }

    func testAKeyThatEndsIsAnnounced() throws {
        try insertCredential(state: "valid", active: true, age: 1, expires: "'2026-03-20 12:00:01Z'")
        try review()
        XCTAssertEqual(try open(), [])
        try review(at: later(86_401))
        XCTAssertEqual(try open(), ["key_expiring medium: The API key expires on 2026-03-20"])
        try review(at: later(16 * 86_400))
        XCTAssertEqual(try open(), ["key_expiring critical: The API key expired on 2026-03-20"])
        try insertCredential(state: "valid", active: true, age: 0, expires: "'2027-03-20Z'")
        try run("UPDATE credentials SET is_active = false WHERE expires_at < '2027-01-01'")
        try review(at: later(16 * 86_400 + 10))
        XCTAssertEqual(try open(), [], "another one is in use")
    }

    func testAProviderThatIsSwitchedOffKeepsNoAlert() throws {
        try add("1", to: Slug.openai)
        try review()
        XCTAssertEqual(try open("openai").count, 1)
        try run("UPDATE providers SET enabled = false WHERE slug = 'openai'")
        try review()
        XCTAssertEqual(try open("openai"), [])
    }

    func testCustomAlertsAreLeftAlone() throws {
        let noon = noon
        for _ in 0..<2 {
            _ = try transact { (transaction) throws(Failure) in
                try transaction.addAlert(.low, "same", for: Self.fal, by: "alice", at: noon)
            }
        }
        try review(at: later(1_000_000))
        XCTAssertEqual(try open(), ["custom low: same", "custom low: same"])
    }

    func testReviewsAtTheSameTimeRaiseOne() throws {
        try add("1")
        let make = try makeStore()
        let noon = noon
        let errors = concurrently(8) { _ in
            try make().transaction { (transaction) throws(Failure) in
                try transaction.reviewAlerts(of: nil, at: noon)
            }
        }
        XCTAssertTrue(errors.isEmpty, "\(errors)")
        XCTAssertEqual(try open().count, 1)
    }
}
