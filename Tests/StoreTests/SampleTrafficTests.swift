import Domain
import Postgres
import Sandbox
import XCTest

@testable import Store

final class SampleTrafficTests: SandboxTestCase {
    private static let emptied = """
        TRUNCATE requests, request_payloads, request_keys, usage_rollups, usage_by_owner, usage_tail, credit_accounts,
                 credit_transactions, health_checks, alerts, provider_balances, price_tiers, price_resolutions, prices,
                 models
        """

    override func setUpWithError() throws { try run(Self.emptied) }

    func testTheRollupsAreWhatThePosterMakesOfTheSameRequests() throws {
        try fillSandbox(days: 20, requests: 8_000)
        try run(
            """
            CREATE TABLE sample_requests AS SELECT * FROM requests;
            CREATE TABLE sample_rollups AS SELECT * FROM usage_rollups;
            CREATE TABLE sample_owners AS SELECT * FROM usage_by_owner;
            CREATE TABLE sample_entries AS
                SELECT account_id, provider_id, request_id, amount, description, metadata::text
                FROM credit_transactions t
                JOIN credit_accounts a ON a.id = t.account_id
                WHERE type = 'consumption';
            TRUNCATE requests, usage_rollups, usage_by_owner, credit_transactions, credit_accounts;
            INSERT INTO requests SELECT * FROM sample_requests
            """)
        try postAll(4_000)
        for (made, posted) in [("sample_rollups", "usage_rollups"), ("sample_owners", "usage_by_owner")] {
            try run(
                "CREATE VIEW differing AS (TABLE \(made) EXCEPT TABLE \(posted)) UNION ALL (TABLE \(posted) EXCEPT TABLE \(made))"
            )
            XCTAssertEqual(try value("SELECT count(*) FROM differing", as: Int.self), 0, made)
            try run("DROP VIEW differing")
        }
        XCTAssertGreaterThan(try value("SELECT count(*) FROM usage_rollups", as: Int.self), 1_000)
        XCTAssertEqual(
            try value(
                """
                SELECT count(*)
                FROM (
                    SELECT provider_id, request_id, amount, description, metadata FROM sample_entries
                    EXCEPT
                    SELECT a.provider_id, t.request_id, t.amount, t.description, t.metadata::text
                    FROM credit_transactions t
                    JOIN credit_accounts a ON a.id = t.account_id
                ) AS lost
                """, as: Int.self), 0)
        try run("DROP TABLE sample_requests, sample_rollups, sample_owners, sample_entries")
    }

    func testTheLedgerHasNoFaultsAndNoAccountIsEverEmpty() throws {
        try fillSandbox(days: 20, requests: 5_000)
        try assertNone("SELECT fault FROM credit_ledger_faults")
        try assertNone("SELECT description FROM credit_transactions WHERE balance_after < 0")
        try assertNone(
            """
            SELECT e.description
            FROM (
                SELECT description, created_at < lag(created_at) OVER (PARTITION BY account_id ORDER BY seq) AS is_late
                FROM credit_transactions
            ) AS e
            WHERE e.is_late
            """)
        XCTAssertEqual(
            try column(
                "SELECT p.slug FROM credit_accounts a JOIN providers p ON p.id = a.provider_id WHERE a.balance < 100"),
            ["minimax"])
    }

    func testEveryRequestCostsWhatItsPriceVersionSays() throws {
        let offers = try fillSandbox(days: 30, requests: 6_000)
        XCTAssertTrue(
            Set(offers.map(\.slug)).isSuperset(of: ["fal_ai", "replicate", "minimax", "runway_ml", "openai"]))
        try assertNone(
            """
            SELECT r.id || ' ' || r.cost
            FROM requests r
            JOIN models m ON m.provider_id = r.provider_id AND m.name = r.model
            CROSS JOIN LATERAL price_at(m.id, r.created_at) AS v
            WHERE r.cost IS NOT NULL
              AND (r.price_id <> v.id
                   OR r.cost IS DISTINCT FROM call_cost(
                       v, CASE WHEN r.prompt_tokens = 0 THEN r.quantity ELSE 0 END, r.resolution, r.prompt_tokens, 0, 0,
                       r.completion_tokens))
            LIMIT 3
            """)
        XCTAssertGreaterThan(
            try value(
                "SELECT count(DISTINCT price_id) FROM requests r JOIN prices p ON p.id = price_id WHERE p.source = 'sample'"
            ),
            4)
    }

    func testEveryRequestIsInItsMonthAndFoundByTheCallersID() throws {
        try fillSandbox(days: 70, requests: 3_000)
        XCTAssertEqual(try value("SELECT count(*) FROM requests", as: Int.self), 3_000)
        XCTAssertEqual(try value("SELECT count(*) FROM requests_other", as: Int.self), 0)
        XCTAssertEqual(try value("SELECT count(*) FROM request_payloads_other", as: Int.self), 0)
        try assertNone(
            """
            SELECT r.external_id
            FROM requests r
            LEFT JOIN request_keys k USING (provider_id, external_id)
            WHERE r.external_id IS NOT NULL AND k.request_id IS DISTINCT FROM r.id
            """)
        XCTAssertGreaterThan(try value("SELECT count(*) FROM request_payloads", as: Int.self), 100)
    }

    func testAfterwardsRequestsAreCountedByTheTriggerAgain() throws {
        try fillSandbox(days: 2, requests: 100)
        XCTAssertEqual(try value("SELECT count(*) FROM usage_tail", as: Int.self), 0)
        try fill(3, from: "2026-03-01", to: "2026-03-02")
        XCTAssertEqual(try value("SELECT count(*) FROM usage_tail", as: Int.self), 3)
    }

    func testProvidersThatHaveTrafficAreNamed() throws {
        try fillSandbox(days: 2, requests: 50, among: ["fal_ai"])
        try transact { (transaction) throws(Failure) in
            XCTAssertEqual(try transaction.providersWithTraffic(among: []), ["fal_ai"])
            XCTAssertEqual(try transaction.providersWithTraffic(among: ["openai"]), [])
        }
        XCTAssertEqual(
            try column("SELECT DISTINCT p.slug FROM requests r JOIN providers p ON p.id = r.provider_id"), ["fal_ai"])
    }

    func testChecksEndWhereOthersBegin() throws {
        try run(
            """
            INSERT INTO health_checks (provider_id, checked_at, status, reason)
            SELECT id, now() - interval '1 day', 'healthy', 'manual' FROM providers WHERE slug = 'openai'
            """)
        try fillSandbox(days: 3, requests: 50, among: ["openai"])
        XCTAssertEqual(try value("SELECT reason FROM health_checks ORDER BY checked_at DESC LIMIT 1"), "manual")
        XCTAssertEqual(try value("SELECT count(*) / 100 FROM health_checks", as: Int.self), 5)
    }
}
