import Domain
import Postgres
import XCTest

@testable import Store

/// What the poster makes of the tail, against plain SQL over the raw rows.
final class PostingTests: UsageTestCase {
    override func setUpWithError() throws {
        try run(
            """
            TRUNCATE requests, usage_tail, usage_rollups, usage_by_owner, credit_transactions, credit_accounts
                RESTART IDENTITY;
            INSERT INTO models (provider_id, name, display_name, kind)
            SELECT id, 'gpt-4o', 'GPT', CASE slug WHEN 'openai' THEN 'chat' ELSE 'image' END FROM providers
            ON CONFLICT DO NOTHING
            """)
    }

    private func assertRollupsAreTheRawRows(file: StaticString = #filePath, line: UInt = #line) throws {
        let differences: SQL = """
            WITH raw AS (
                SELECT r.provider_id, grain.name AS grain, coalesce(m.model, '') AS model, grain.bucket,
                       coalesce(r.currency, 'USD') AS currency, count(*) AS requests,
                       count(*) FILTER (WHERE status = 'pending') AS pending,
                       count(*) FILTER (WHERE status = 'processing') AS processing,
                       count(*) FILTER (WHERE status = 'completed') AS completed,
                       count(*) FILTER (WHERE status = 'failed') AS failed,
                       count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
                       count(*) FILTER (WHERE status = 'completed' AND cost IS NULL) AS unpriced,
                       coalesce(sum(response_ms), 0) AS response_ms, count(response_ms) AS responses,
                       sum(prompt_tokens) AS prompt_tokens, sum(completion_tokens) AS completion_tokens,
                       coalesce(sum(cost), 0) AS cost
                FROM requests r
                CROSS JOIN LATERAL (VALUES
                    ('quarter', to_timestamp(floor(extract(epoch FROM created_at) / 900) * 900)),
                    ('day', date_trunc('day', created_at, 'UTC'))
                ) AS grain (name, bucket)
                CROSS JOIN LATERAL (VALUES (r.model), (NULL)) AS m (model)
                GROUP BY 1, 2, 3, 4, 5
            )
            SELECT coalesce(a, b) FROM (
                SELECT raw::text AS a, rolled::text AS b
                FROM raw
                FULL JOIN (SELECT * FROM usage_rollups WHERE requests <> 0) AS rolled
                ON raw::text = rolled::text
            ) AS pairs
            WHERE a IS NULL OR b IS NULL
            LIMIT 5
            """
        try assertNone(differences, "rollups", file: file, line: line)
        try assertNone(
            """
            WITH raw AS (
                SELECT coalesce(owner, '') AS owner, provider_id, quarter_of(created_at) AS bucket,
                       coalesce(currency, 'USD') AS currency, count(*) AS requests,
                       count(*) FILTER (WHERE status = 'completed') AS completed,
                       count(*) FILTER (WHERE status = 'failed') AS failed, coalesce(sum(cost), 0) AS cost
                FROM requests
                GROUP BY 1, 2, 3, 4
            )
            SELECT u::text
            FROM (TABLE raw EXCEPT SELECT * FROM usage_by_owner) AS u
            """, "owners", file: file, line: line)
    }

    /// Every request's entries add up to its cost, with a running balance.
    private func assertLedgerIsTheRawRows(file: StaticString = #filePath, line: UInt = #line) throws {
        try assertNone("SELECT fault FROM credit_ledger_faults", "faults", file: file, line: line)
        try assertNone(
            """
            SELECT coalesce(r.id, t.request_id)::text
            FROM (SELECT * FROM requests WHERE cost <> 0) AS r
            FULL JOIN (
                SELECT t.request_id, a.provider_id, a.currency, sum(t.amount) AS amount
                FROM credit_transactions t
                JOIN credit_accounts a ON a.id = t.account_id
                GROUP BY 1, 2, 3
                HAVING sum(t.amount) <> 0
            ) AS t
            ON t.request_id = r.id AND t.provider_id = r.provider_id AND t.currency = r.currency
               AND t.amount = -r.cost
            WHERE r.id IS NULL OR t.request_id IS NULL
            LIMIT 5
            """, "entries", file: file, line: line)
        try assertNone(
            """
            SELECT account_id || ' ' || seq
            FROM (SELECT account_id, seq, created_at, lag(created_at) OVER (PARTITION BY account_id ORDER BY seq) AS before
                  FROM credit_transactions) AS t
            WHERE created_at < before
            """, "times", file: file, line: line)
    }

    func testRollupsAndLedgerAreWhatTheRawRowsAddUpTo() throws {
        try fill(3_000, from: "2026-03-01", to: "2026-03-04")
        XCTAssertEqual(try value("SELECT count(*) FROM usage_tail", as: Int.self), 3_000)
        XCTAssertEqual(try post(700), 700)
        XCTAssertEqual(try value("SELECT count(*) FROM usage_tail", as: Int.self), 2_300)
        XCTAssertEqual(try postAll(), 3)
        try assertRollupsAreTheRawRows()
        try assertLedgerIsTheRawRows()
        XCTAssertEqual(try value("SELECT count(*) FROM credit_accounts", as: Int.self), 4)
    }

    func testNothingIsPostedTwice() throws {
        try fill(200, from: "2026-03-01", to: "2026-03-02")
        try postAll()
        let digest: SQL = "SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM credit_transactions t"
        let before = try value(digest, as: String.self)
        XCTAssertEqual(try post(1_000), 0)
        XCTAssertEqual(try value(digest, as: String.self), before)
        try assertRollupsAreTheRawRows()
    }

    func testWhatChangesLaterIsPostedAsTheDifference() throws {
        try fill(500, from: "2026-03-01", to: "2026-03-02")
        XCTAssertEqual(try post(300), 300)
        try run(
            """
            UPDATE requests SET status = 'completed', completed_at = now(), response_ms = 77, cost = 0.25, currency = 'USD'
            WHERE status = 'pending';
            UPDATE requests SET status = 'cancelled', completed_at = now() WHERE status = 'processing';
            UPDATE requests SET cost = cost / 2 WHERE user_id = 'user 3' AND cost > 0
            """)
        try postAll()
        try assertRollupsAreTheRawRows()
        try assertLedgerIsTheRawRows()
    }

    func testARollbackLosesNothing() throws {
        try fill(300, from: "2026-03-01", to: "2026-03-02")
        XCTAssertEqual(
            failure {
                try transact { (transaction) throws(Failure) in
                    _ = try transaction.postUsage(limit: 1_000)
                    throw Failure.conflict("on purpose")
                }
            }, .conflict("on purpose"))
        XCTAssertEqual(try value("SELECT count(*) FROM usage_tail", as: Int.self), 300)
        XCTAssertEqual(try value("SELECT count(*) FROM credit_transactions", as: Int.self), 0)
        try postAll()
        try assertRollupsAreTheRawRows()
        try assertLedgerIsTheRawRows()
    }

    func testSeveralPostersAtOncePostEverythingOnce() throws {
        try fill(2_000, from: "2026-03-01", to: "2026-03-02")
        let makeStore = try makeStore()
        let posted = Collected<Int>()
        let errors = concurrently(8) { _ in
            for _ in 0..<20 {
                posted.add(
                    try makeStore().transaction { (transaction) throws(Failure) in
                        try transaction.postUsage(limit: 60)
                    })
            }
        }
        XCTAssertEqual(errors.count, 0, "\(errors)")
        try postAll()
        XCTAssertLessThanOrEqual(posted.all.reduce(0, +), 2_000)
        try assertRollupsAreTheRawRows()
        try assertLedgerIsTheRawRows()
    }

    func testAnEntrySaysWhatWasPaidFor() throws {
        try run(
            """
            INSERT INTO requests (id, provider_id, external_id, purpose, model, status, created_at, completed_at, cost,
                                  currency)
            SELECT made.id::uuid, p.id, made.external_id, 'recorded', made.model, 'completed', now(), now(), 0.5, 'USD'
            FROM (VALUES
                ('01990000-0000-7000-8000-000000000001', NULL, 'gpt-4o', 'openai'),
                ('01990000-0000-7000-8000-000000000002', 'job "1"', 'gpt-4o', 'fal_ai'),
                ('01990000-0000-7000-8000-000000000003', NULL, 'a/b:c d', 'fal_ai')
            ) AS made (id, external_id, model, slug)
            JOIN providers p USING (slug)
            """)
        try postAll()
        XCTAssertEqual(
            try column(
                """
                SELECT concat_ws(' ', seq, type, amount, balance_before, balance_after, description, metadata)
                FROM credit_transactions
                ORDER BY request_id
                """, as: String.self),
            [
                "1 consumption -0.5 0.0 -0.5 Chat - gpt-4o "
                    + #"{"requestId":"req_01990000-0000-7000-8000-000000000001","model":"gpt-4o"}"#,
                "1 consumption -0.5 0.0 -0.5 Image generation - gpt-4o "
                    + #"{"requestId":"job \"1\"","model":"gpt-4o"}"#,
                "2 consumption -0.5 -0.5 -1.0 Request - a/b:c d "
                    + #"{"requestId":"req_01990000-0000-7000-8000-000000000003","model":"a/b:c d"}"#,
            ])
    }
}
