import Domain
import Postgres

extension Transaction {
    /// Takes up to `limit` differences out of the usage tail, the oldest first, and adds them to the rollups and to
    /// the ledger: one `consumption` entry for each request whose cost changed. Returns how many it took; 0 when
    /// nothing waits and also when another poster is at work, for there is one at a time.
    ///
    /// All of it belongs to this transaction: when it fails, the tail is as it was.
    package func postUsage(limit: Int) throws(Failure) -> Int {
        guard try isOnlyPoster() else { return 0 }
        // A plan that was made once, while nothing waited, reads the whole tail for every batch of a burst.
        try execute("SET LOCAL plan_cache_mode = force_custom_plan")
        try openAccounts(limit: limit)
        return try one("Tail", Self.posting(limit)) { (row) throws(PostgresError) in try row.next(Int.self) }
    }

    private func isOnlyPoster() throws(Failure) -> Bool {
        try one(
            "Lock",
            """
            -- Store.isOnlyPoster
            SELECT pg_try_advisory_xact_lock(hashtext('post_usage'))
            """
        ) { (row) throws(PostgresError) in try row.next(Bool.self) }
    }

    /// Makes the accounts that the differences need and locks all accounts, in the order of their IDs. The statement
    /// that comes next sees them as they are then: whoever held one has committed.
    private func openAccounts(limit: Int) throws(Failure) {
        try execute(
            """
            -- Store.makeAccounts
            INSERT INTO credit_accounts (provider_id, currency)
            SELECT DISTINCT t.provider_id, t.currency
            FROM (
                SELECT provider_id, currency, cost
                FROM usage_tail
                ORDER BY id
                LIMIT \(limit)
            ) AS t
            WHERE t.cost <> 0
              AND NOT EXISTS (
                  SELECT 1
                  FROM credit_accounts a
                  WHERE a.provider_id = t.provider_id AND a.currency = t.currency)
            ORDER BY t.provider_id, t.currency
            ON CONFLICT (provider_id, currency) DO NOTHING
            """)
        _ = try rows(
            """
            -- Store.lockAccounts
            SELECT id
            FROM credit_accounts
            ORDER BY id
            LIMIT 10000
            FOR UPDATE
            """
        ) { (row) throws(PostgresError) in try row.next(Int.self) }
    }

    /// What came in since the accounts were made and has none stays for the next time.
    private static func posting(_ limit: Int) -> SQL {
        """
        -- Store.postUsage
        WITH taken AS MATERIALIZED (
            DELETE FROM usage_tail
            WHERE ctid = ANY (ARRAY(
                SELECT t.ctid
                FROM usage_tail t
                WHERE t.cost = 0
                   OR EXISTS (
                       SELECT 1
                       FROM credit_accounts a
                       WHERE a.provider_id = t.provider_id AND a.currency = t.currency)
                ORDER BY t.id
                LIMIT \(limit)))
            RETURNING id, request_id, provider_id, external_id, owner, model, currency,
                      quarter_of(created_at) AS quarter, requests, pending, processing, completed, failed, cancelled, unpriced, response_ms, responses,
                      prompt_tokens, completion_tokens, cost
        ), \(literal: rollups), \(literal: owners), \(literal: entries)
        SELECT count(*)
        FROM taken
        """
    }

    /// Quarters first, of which there are few; days and all models together are sums of those.
    private static var rollups: StaticString {
        """
        quarters AS (
            SELECT provider_id, currency, model, quarter, day_of(quarter) AS day, sum(requests) AS requests,
                   sum(pending) AS pending, sum(processing) AS processing, sum(completed) AS completed,
                   sum(failed) AS failed, sum(cancelled) AS cancelled, sum(unpriced) AS unpriced,
                   sum(response_ms) AS response_ms, sum(responses) AS responses, sum(prompt_tokens) AS prompt_tokens,
                   sum(completion_tokens) AS completion_tokens, sum(cost) AS cost
            FROM taken
            GROUP BY provider_id, currency, model, quarter
        ), rolled_up AS (
            INSERT INTO usage_rollups AS u (
                provider_id, grain, model, bucket, currency, requests, pending, processing, completed, failed,
                cancelled, unpriced, response_ms, responses, prompt_tokens, completion_tokens, cost)
            SELECT provider_id, CASE WHEN grouping(quarter) = 0 THEN 'quarter' ELSE 'day' END, coalesce(model, ''),
                   coalesce(quarter, day), currency, sum(requests), sum(pending), sum(processing), sum(completed),
                   sum(failed), sum(cancelled), sum(unpriced), sum(response_ms), sum(responses), sum(prompt_tokens),
                   sum(completion_tokens), sum(cost)
            FROM quarters
            GROUP BY provider_id, currency, GROUPING SETS ((model, quarter), (quarter), (model, day), (day))
            ORDER BY 1, 2, 3, 4, 5
            ON CONFLICT (provider_id, grain, model, bucket, currency) DO UPDATE
            SET requests = u.requests + excluded.requests, pending = u.pending + excluded.pending,
                processing = u.processing + excluded.processing, completed = u.completed + excluded.completed,
                failed = u.failed + excluded.failed, cancelled = u.cancelled + excluded.cancelled,
                unpriced = u.unpriced + excluded.unpriced, response_ms = u.response_ms + excluded.response_ms,
                responses = u.responses + excluded.responses, prompt_tokens = u.prompt_tokens + excluded.prompt_tokens,
                completion_tokens = u.completion_tokens + excluded.completion_tokens, cost = u.cost + excluded.cost
        )
        """
    }

    private static var owners: StaticString {
        """
        rolled_up_by_owner AS (
            INSERT INTO usage_by_owner AS u (
                owner, provider_id, bucket, currency, requests, completed, failed, cost)
            SELECT coalesce(owner, ''), provider_id, quarter, currency, sum(requests), sum(completed), sum(failed),
                   sum(cost)
            FROM taken
            GROUP BY coalesce(owner, ''), provider_id, quarter, currency
            ORDER BY 1, 2, 3, 4
            ON CONFLICT (owner, provider_id, bucket, currency) DO UPDATE
            SET requests = u.requests + excluded.requests, completed = u.completed + excluded.completed,
                failed = u.failed + excluded.failed, cost = u.cost + excluded.cost
        )
        """
    }

    /// The clock may have gone back since the account's last entry; its entries do not.
    private static var entries: StaticString {
        """
        charges AS (
            SELECT provider_id, currency, request_id, external_id, model, sum(cost) AS cost, min(id) AS position
            FROM taken
            GROUP BY provider_id, currency, request_id, external_id, model
            HAVING sum(cost) <> 0
        ), clock AS MATERIALIZED (
            SELECT clock_timestamp() AS now
        ), numbered AS MATERIALIZED (
            SELECT a.id AS account_id, a.entries + row_number() OVER entry AS seq, c.cost,
                   a.balance - sum(c.cost) OVER (entry ROWS UNBOUNDED PRECEDING) AS balance_after,
                   c.request_id, coalesce(c.external_id, 'req_' || c.request_id) AS wire_id, c.model,
                   CASE m.kind
                       WHEN 'image' THEN 'Image generation'
                       WHEN 'video' THEN 'Video generation'
                       WHEN 'audio' THEN 'Music generation'
                       WHEN 'chat' THEN 'Chat'
                       WHEN 'embedding' THEN 'Embedding'
                       ELSE 'Request'
                   END AS kind,
                   greatest(clock.now, a.updated_at) AS created_at
            FROM charges c
            JOIN credit_accounts a ON a.provider_id = c.provider_id AND a.currency = c.currency
            LEFT JOIN models m ON m.provider_id = c.provider_id AND m.name = c.model
            CROSS JOIN clock
            WINDOW entry AS (PARTITION BY a.id ORDER BY c.position)
        ), entered AS (
            INSERT INTO credit_transactions (
                account_id, seq, type, amount, balance_before, balance_after, description, request_id, metadata,
                created_at)
            SELECT account_id, seq, 'consumption', -cost, balance_after + cost, balance_after,
                   left(kind || ' - ' || model, 500), request_id,
                   ('{"requestId":' || to_json(wire_id)::text || ',"model":' || to_json(model)::text || '}')::json,
                   created_at
            FROM numbered
            ORDER BY account_id, seq
        ), balanced AS (
            UPDATE credit_accounts a
            SET balance = a.balance - n.cost, entries = n.seq, updated_at = n.created_at
            FROM (
                SELECT account_id, sum(cost) AS cost, max(seq) AS seq, max(created_at) AS created_at
                FROM numbered
                GROUP BY account_id
            ) AS n
            WHERE a.id = n.account_id
        )
        """
    }
}
