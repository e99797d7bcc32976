import Domain
import Foundation
import Postgres
import XCTest

@testable import Store

final class CreditTests: LedgerTestCase {
    func testEntriesAreNumberedAndCarryTheBalanceBeforeAndAfter() throws {
        try add("100.50", .purchase)
        try add("-0.05")
        let third = try add("7", .refund)
        XCTAssertEqual(third.sequence, 3)
        XCTAssertEqual(third.balanceBefore.text, "100.45")
        XCTAssertEqual(third.balanceAfter.text, "107.45")
        XCTAssertEqual(try faults(), [])
    }

    func testAnUnknownProviderHasNoLedger() throws {
        XCTAssertEqual(
            failure {
                try transact { (transaction) throws(Failure) in
                    try transaction.addCredits(
                        CreditAddition(
                            type: .purchase, amount: ExactDecimal("1") ?? amount, description: "d", metadata: "{}",
                            createdBy: "a"), to: Slug.nobody, at: noon)
                }
            }, .notFound("Provider"))
        XCTAssertEqual(try value("SELECT count(*) FROM credit_accounts", as: Int.self), 0)
    }

    private let amount = ExactDecimal("1").unsafelyUnwrapped

    func testTimeNeverGoesBackAlongTheNumbers() throws {
        try add("1", at: later(60))
        XCTAssertEqual(try add("1", at: noon).createdAt, later(60))
        XCTAssertEqual(try add("1", at: later(61)).createdAt, later(61))
    }

    func testWritersAtTheSameTimeLeaveNoGapAndNoDifference() throws {
        let make = try makeStore()
        let (one, noon) = (amount, noon)
        let errors = concurrently(16) { _ in
            for _ in 0..<10 {
                _ = try make().transaction { (transaction) throws(Failure) in
                    try transaction.addCredits(
                        CreditAddition(
                            type: .adjustment, amount: one, description: "d", metadata: "{}", createdBy: "a"),
                        to: LedgerTestCase.fal, at: noon)
                }
            }
        }
        XCTAssertTrue(errors.isEmpty, "\(errors)")
        XCTAssertEqual(try faults(), [])
        XCTAssertEqual(try value("SELECT balance::text FROM credit_accounts", as: String.self), "160")
        XCTAssertEqual(try value("SELECT entries FROM credit_accounts", as: Int.self), 160)
    }

    func testAmountsComeOutAsTheyWentIn() throws {
        var generator = SystemRandomNumberGenerator()
        var amounts: [String] = []
        for _ in 0..<300 {
            let whole = Int.random(in: 0..<[10, 1_000_000, 999_999_999_999_999].randomElement(using: &generator)!)
            let fraction = String(Int.random(in: 1..<1_000_000_000)).prefix(Int.random(in: 1...9))
            let digits = fraction.last == "0" ? fraction + "1" : fraction
            amounts.append((Bool.random() ? "-" : "") + "\(whole).\(digits)")
        }
        var entries: [CreditEntry] = []
        for amount in amounts { entries.append(try add(amount)) }
        XCTAssertEqual(entries.map(\.amount.text), amounts)
        let list = "{\(amounts.joined(separator: ","))}"
        XCTAssertEqual(
            entries.last?.balanceAfter.text,
            try value("SELECT trim_scale(sum(a))::text FROM unnest(\(list)::numeric[]) AS a", as: String.self))
        XCTAssertEqual(try faults(), [])
    }

    func testEntriesCannotBeChangedOrDeletedByTheServers() throws {
        try add("1")
        try assertForbidden("UPDATE credit_transactions SET amount = 2")
        try assertForbidden("DELETE FROM credit_transactions")
        try assertForbidden("TRUNCATE credit_transactions")
        try assertForbidden("DELETE FROM credit_accounts")
    }

    func testAnEntryHasAnAccountAndKeepsIt() throws {
        try add("1")
        let orphan = """
            INSERT INTO credit_transactions (
                account_id, seq, type, amount, balance_before, balance_after, description, created_at)
            VALUES (-1, 1, 'purchase', 1, 0, 1, 'of nobody', now())
            """
        for statement in [orphan, "DELETE FROM credit_accounts"] {
            XCTAssertThrowsError(try run(statement)) { XCTAssertEqual(($0 as? PostgresError)?.sqlState, "23503") }
        }
        XCTAssertEqual(try faults(), [])
        XCTAssertEqual(try value("SELECT count(*) FROM credit_accounts", as: Int.self), 1)
    }

    func testABalanceIsThatOfTheLastEntryWhoeverWritesIt() throws {
        try add("1")
        try add("2")
        for change in ["balance = 4", "balance = 0", "entries = 0", "entries = 1", "entries = 3", "balance = 'NaN'"] {
            XCTAssertThrowsError(try run("UPDATE credit_accounts SET \(change)"), change) {
                XCTAssertEqual(($0 as? PostgresError)?.sqlState, "23514")
            }
        }
        XCTAssertNoThrow(try run("UPDATE credit_accounts SET updated_at = now()"))
    }

    func testAnEntryFollowsTheOneBeforeIt() throws {
        try add("1")
        try add("2")
        // Number, balance before, amount; of one entry or of two.
        for (entries, isNext) in [
            ([(3, 3, 4)], true), ([(4, 3, 4)], false), ([(3, 0, 4)], false), ([(3, 3, 4), (4, 7, 1)], true),
            ([(3, 3, 4), (5, 7, 1)], false), ([(3, 3, 4), (4, 3, 1)], false), ([(0, 3, 4)], false),
            ([(-5, 0, 4)], false),
        ] {
            let rows = entries.map { number, before, amount in
                "(\(number), \(amount), \(before), \(before + amount))"
            }.joined(separator: ", ")
            let statement = """
                INSERT INTO credit_transactions (
                    account_id, seq, type, amount, balance_before, balance_after, description, created_at)
                SELECT id, seq, 'purchase', amount, before, after, 'd', now()
                FROM credit_accounts CROSS JOIN (VALUES \(rows)) AS e (seq, amount, before, after)
                """
            guard !isNext else {
                XCTAssertNoThrow(try run("BEGIN; \(statement); ROLLBACK"), rows)
                continue
            }
            XCTAssertThrowsError(try run(statement), rows) {
                XCTAssertEqual(($0 as? PostgresError)?.sqlState, "23514")
            }
        }
        XCTAssertEqual(try faults(), [])
    }

    func testALedgerThatWasTamperedWithHasFaults() throws {
        try add("1")
        try add("2")
        try run("ALTER TABLE credit_accounts DISABLE TRIGGER USER; UPDATE credit_accounts SET balance = balance + 1")
        XCTAssertEqual(try faults(), ["the balance is not the sum of the entries"])
        try run(
            """
            UPDATE credit_accounts SET balance = balance - 1;
            ALTER TABLE credit_accounts ENABLE TRIGGER USER;
            DELETE FROM credit_transactions WHERE seq = 1
            """)
        XCTAssertEqual(try faults().count, 3)
    }

    // MARK: - Balances

    func testABalanceWithoutLedgerIsZeroAndNotLow() throws {
        let forecast = try store.balance(of: Self.fal, at: noon)
        XCTAssertEqual(forecast.balance.balance.text, "0")
        XCTAssertFalse(forecast.balance.isLow)
        XCTAssertNil(forecast.consumptionRate)
        XCTAssertNil(forecast.daysLeft)
        XCTAssertNil(forecast.updatedAt)
        XCTAssertNil(forecast.reported)
        XCTAssertEqual(failure { try store.balance(of: Slug.nobody, at: noon) }, .notFound("Provider"))
    }

    /// Posted and unposted usage, so many days before noon or another moment.
    private func consume(_ cost: String, daysAgo: Int, posted: Bool, before now: Timestamp? = nil) throws {
        let noon = now ?? noon
        let zeros = "0, 0, 0, 0, 0, 0, 0, 0, 0, 0"
        if posted {
            try run(
                """
                INSERT INTO usage_rollups
                SELECT id, 'day', '', day_of('\(noon.iso(.seconds))'::timestamptz - interval '\(daysAgo) days'), 'USD',
                       1, \(zeros), \(cost) FROM providers WHERE slug = 'fal_ai'
                """)
        } else {
            try run(
                """
                INSERT INTO usage_tail (request_id, provider_id, model, currency, created_at, requests, pending,
                    processing, completed, failed, cancelled, unpriced, response_ms, responses, prompt_tokens,
                    completion_tokens, cost)
                SELECT gen_random_uuid(), id, 'm', 'USD', '\(noon.iso(.seconds))'::timestamptz - interval '\(daysAgo) days',
                       1, \(zeros), \(cost) FROM providers WHERE slug = 'fal_ai'
                """)
        }
    }

    func testTheRateCountsTheDaysFromTheFirstConsumptionOn() throws {
        try add("100")
        try consume("3", daysAgo: 0, posted: false)
        XCTAssertEqual(try store.balance(of: Self.fal, at: noon).consumptionRate?.text, "3")
        try consume("6", daysAgo: 2, posted: true)
        let forecast = try store.balance(of: Self.fal, at: noon)
        XCTAssertEqual(forecast.consumptionRate?.text, "3")
        XCTAssertEqual(forecast.daysLeft?.text, "33")
        try consume("1000", daysAgo: 40, posted: true)
        XCTAssertEqual(try store.balance(of: Self.fal, at: noon).consumptionRate?.text, "3", "of the last 30 days only")
        try consume("51", daysAgo: 29, posted: true)
        XCTAssertEqual(try store.balance(of: Self.fal, at: noon).consumptionRate?.text, "2")
    }

    func testWhatLastsWholeDaysIsNotOneLess() throws {
        try add("20")
        try consume("20", daysAgo: 2, posted: true)
        let forecast = try store.balance(of: Self.fal, at: noon)
        XCTAssertEqual(forecast.consumptionRate?.text, "6.6666666667")
        XCTAssertEqual(forecast.daysLeft?.text, "3", "20 ÷ (20 ÷ 3), whose second quotient has no end")
    }

    func testTheDaysAreThoseOfWholeNumbers() throws {
        for _ in 0..<15 {
            try setUpWithError()
            let (days, spent, left) = (Int.random(in: 1...30), Int.random(in: 1...90), Int.random(in: 1...900))
            try add("\(left)")
            try consume("\(spent)", daysAgo: days - 1, posted: true)
            XCTAssertEqual(
                try store.balance(of: Self.fal, at: noon).daysLeft?.text, "\(left * days / spent)",
                "\(left) left, \(spent) in \(days) days")
        }
    }

    /// What the report says of the account, in a session of another time zone.
    private func reported(in zone: String = "UTC") throws -> String {
        try run(
            """
            BEGIN;
            SET LOCAL TimeZone = '\(zone)';
            CREATE TABLE said AS
            SELECT concat_ws('|', balance, trim_scale(cost_per_day), days_left, runs_out_on - (now() AT TIME ZONE 'UTC')::date,
                             is_low) AS line
            FROM reports.balances;
            COMMIT
            """)
        defer { XCTAssertNoThrow(try run("DROP TABLE said")) }
        return try value("SELECT line FROM said")
    }

    func testTheReportSaysWhatTheAPISays() throws {
        try add("20")
        XCTAssertEqual(try reported(), "20|t", "nothing tells how long it lasts")
        try consume("20", daysAgo: 2, posted: true, before: .now())
        XCTAssertEqual(try reported(), "20|6.6666666667|3|3|t")
        try add("-30")
        XCTAssertEqual(try reported(), "-10|6.6666666667|0|0|t")
        try add("1000000000")
        XCTAssertEqual(try reported(), "999999990|6.6666666667|149999998|f", "a day that no calendar has")
    }

    func testTheReportSaysTheSameInTheMiddleOfDaylightSaving() throws {
        // The clock is put forward ten days ago.
        let today = try value("SELECT extract(doy FROM now())::integer", as: Int.self)
        let zone = "XXX0YYY,J\((today + 354) % 365 + 1)/0,J\((today + 60) % 365 + 1)/0"
        try run(
            """
            BEGIN;
            SET LOCAL TimeZone = '\(zone)';
            CREATE TABLE moved AS SELECT now() - interval '29 days' <> now() - interval '696 hours' AS it;
            COMMIT
            """)
        defer { XCTAssertNoThrow(try run("DROP TABLE moved")) }
        XCTAssertTrue(try value("SELECT it FROM moved"))
        try add("20")
        try consume("60", daysAgo: 29, posted: true, before: .now())
        XCTAssertEqual(try reported(in: zone), "20|2|10|10|t")
        XCTAssertEqual(try reported(), "20|2|10|10|t")
    }

    func testNothingLeftLastsNoDay() throws {
        try consume("3", daysAgo: 1, posted: true)
        XCTAssertEqual(try store.balance(of: Self.fal, at: noon).daysLeft?.text, "0")
        try add("-5")
        XCTAssertEqual(try store.balance(of: Self.fal, at: noon).daysLeft?.text, "0")
        XCTAssertTrue(try store.balance(of: Self.fal, at: noon).balance.isLow)
    }

    func testTheNewestFigureOfTheProviderStandsBesideTheLedger() throws {
        try add("100.5")
        try run(
            """
            INSERT INTO provider_balances
            SELECT id, '2026-03-05 11:00:00Z'::timestamptz, 90.25, 'USD' FROM providers WHERE slug = 'fal_ai'
            UNION ALL SELECT id, '2026-03-05 10:00:00Z', 1, 'USD' FROM providers WHERE slug = 'fal_ai'
            UNION ALL SELECT id, '2026-03-05 11:30:00Z', 7, 'EUR' FROM providers WHERE slug = 'fal_ai'
            """)
        let reported = try XCTUnwrap(store.balance(of: Self.fal, at: noon).reported)
        XCTAssertEqual(reported.balance.text, "90.25")
        XCTAssertEqual(reported.drift.text, "10.25")
        XCTAssertEqual(reported.checkedAt, later(-3_600))
    }

    func testBalancesAreInTheOrderOfTheOverview() throws {
        try run("UPDATE providers SET enabled = false WHERE slug IN ('openai', 'fal_ai')")
        let machines = Set(try store.providers().filter { $0.kind == "compute" }.map(\.slug))
        let slugs = try store.balances().map(\.slug).filter { !machines.contains($0) }
        XCTAssertEqual(slugs.prefix(5), ["fal_ai", "replicate", "minimax", "runway_ml", "black_forest_labs"])
        XCTAssertEqual(slugs.dropFirst(5), ["claude", "cohere", "gemini", "ollama", "openrouter", "requesty"])
    }
}
