import Domain
import Postgres
import Sandbox

extension Transaction {
    /// Adds up what `load` has loaded, as the poster would have: rollups, owners' usage, callers' IDs, and a ledger with
    /// purchases that keep every balance above zero and one of them low.
    package func accountSampleTraffic(_ plan: SamplePlan, of offers: [Offer]) throws(Failure) {
        let providers = Set(offers.map(\.providerID)).sorted()
        try rollUpSampleTraffic(providers)
        try execute(
            """
            -- Store.sampleKeys
            INSERT INTO request_keys (provider_id, external_id, request_id, fingerprint)
            SELECT provider_id, external_id, id, sha256(convert_to(external_id, 'UTF8'))
            FROM requests
            WHERE external_id IS NOT NULL AND provider_id = ANY (\(providers)::uuid[])
            """)
        try execute(
            """
            -- Store.sampleAccounts
            INSERT INTO credit_accounts (provider_id, currency)
            SELECT DISTINCT u.provider_id, u.currency
            FROM usage_rollups u
            WHERE u.grain = 'day' AND u.model = '' AND u.cost > 0 AND u.provider_id = ANY (\(providers)::uuid[])
            """)
        try enterSampleTraffic(plan, providers)
    }

    private func rollUpSampleTraffic(_ providers: [String]) throws(Failure) {
        try execute(
            """
            -- Store.sampleQuarters
            INSERT INTO usage_rollups (provider_id, grain, model, bucket, currency, requests, pending, processing,
                                       completed, failed, cancelled, unpriced, response_ms, responses, prompt_tokens,
                                       completion_tokens, cost)
            SELECT r.provider_id, 'quarter', r.model, quarter_of(r.created_at), coalesce(r.currency, p.currency), count(*),
                   count(*) FILTER (WHERE r.status = 'pending'), count(*) FILTER (WHERE r.status = 'processing'),
                   count(*) FILTER (WHERE r.status = 'completed'), count(*) FILTER (WHERE r.status = 'failed'),
                   count(*) FILTER (WHERE r.status = 'cancelled'),
                   count(*) FILTER (WHERE r.status = 'completed' AND r.cost IS NULL),
                   coalesce(sum(r.response_ms), 0), count(r.response_ms), sum(r.prompt_tokens), sum(r.completion_tokens),
                   coalesce(sum(r.cost), 0)
            FROM requests r
            JOIN providers p ON p.id = r.provider_id
            WHERE r.provider_id = ANY (\(providers)::uuid[])
            GROUP BY r.provider_id, r.model, quarter_of(r.created_at), coalesce(r.currency, p.currency)
            """)
        try execute(
            """
            -- Store.sampleDays
            INSERT INTO usage_rollups (provider_id, grain, model, bucket, currency, requests, pending, processing,
                                       completed, failed, cancelled, unpriced, response_ms, responses, prompt_tokens,
                                       completion_tokens, cost)
            SELECT u.provider_id, kind.grain, kind.model, kind.bucket, u.currency, sum(u.requests), sum(u.pending),
                   sum(u.processing), sum(u.completed), sum(u.failed), sum(u.cancelled), sum(u.unpriced),
                   sum(u.response_ms), sum(u.responses), sum(u.prompt_tokens), sum(u.completion_tokens), sum(u.cost)
            FROM usage_rollups u
            CROSS JOIN LATERAL (VALUES
                ('quarter', '', u.bucket), ('day', u.model, day_of(u.bucket)), ('day', '', day_of(u.bucket))
            ) AS kind (grain, model, bucket)
            WHERE u.grain = 'quarter' AND u.model <> '' AND u.provider_id = ANY (\(providers)::uuid[])
            GROUP BY u.provider_id, kind.grain, kind.model, kind.bucket, u.currency
            """)
        try execute(
            """
            -- Store.sampleOwners
            INSERT INTO usage_by_owner (owner, provider_id, bucket, currency, requests, completed, failed, cost)
            SELECT coalesce(r.owner, ''), r.provider_id, quarter_of(r.created_at), coalesce(r.currency, p.currency), count(*),
                   count(*) FILTER (WHERE r.status = 'completed'), count(*) FILTER (WHERE r.status = 'failed'),
                   coalesce(sum(r.cost), 0)
            FROM requests r
            JOIN providers p ON p.id = r.provider_id
            WHERE r.provider_id = ANY (\(providers)::uuid[])
            GROUP BY coalesce(r.owner, ''), r.provider_id, quarter_of(r.created_at), coalesce(r.currency, p.currency)
            """)
    }

    /// Every week begins with a purchase of what it will need in fifties, so that less than fifty is left at its end;
    /// all but one provider have a reserve of 300 as well.
    private func enterSampleTraffic(_ plan: SamplePlan, _ providers: [String]) throws(Failure) {
        try execute(
            """
            -- Store.sampleEntries
            WITH weeks AS (
                SELECT u.provider_id, u.currency,
                       floor(extract(epoch FROM u.bucket - \(plan.start)::timestamptz) / 604800)::integer AS week,
                       sum(u.cost) AS spent
                FROM usage_rollups u
                WHERE u.grain = 'quarter' AND u.model = '' AND u.cost > 0 AND u.provider_id = ANY (\(providers)::uuid[])
                GROUP BY 1, 2, 3
            ), needs AS (
                SELECT provider_id, currency, week, ceil(sum(spent) OVER w / 50) * 50 AS until_now,
                       coalesce(ceil(sum(spent) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) / 50) * 50, 0)
                           AS until_before,
                       row_number() OVER w AS number
                FROM weeks
                WINDOW w AS (PARTITION BY provider_id, currency ORDER BY week)
            ), entries AS (
                SELECT a.id AS account_id, 'purchase' AS type,
                       n.until_now - n.until_before
                           + CASE WHEN n.number = 1 AND p.slug <> 'minimax' THEN 300 ELSE 0 END AS amount,
                       'Credit purchase' AS description, NULL::uuid AS request_id, NULL AS wire_id, NULL AS model, 'sandbox' AS created_by,
                       \(plan.start)::timestamptz + make_interval(days => 7 * n.week) AS created_at
                FROM needs n
                JOIN providers p ON p.id = n.provider_id
                JOIN credit_accounts a ON a.provider_id = n.provider_id AND a.currency = n.currency
                UNION ALL
                SELECT a.id, 'consumption', -r.cost,
                       CASE m.kind
                           WHEN 'image' THEN 'Image generation'
                           WHEN 'video' THEN 'Video generation'
                           WHEN 'audio' THEN 'Music generation'
                           ELSE 'Chat'
                       END || ' - ' || r.model,
                       r.id, coalesce(r.external_id, 'req_' || r.id), r.model, NULL, r.completed_at
                FROM requests r
                JOIN credit_accounts a ON a.provider_id = r.provider_id AND a.currency = r.currency
                JOIN models m ON m.provider_id = r.provider_id AND m.name = r.model
                WHERE r.cost > 0 AND r.provider_id = ANY (\(providers)::uuid[])
            )
            INSERT INTO credit_transactions (account_id, seq, type, amount, balance_before, balance_after, description,
                                             request_id, metadata, created_by, created_at)
            SELECT account_id, row_number() OVER w, type, amount, sum(amount) OVER w - amount, sum(amount) OVER w, description,
                   request_id,
                   CASE WHEN request_id IS NULL THEN '{}'
                        ELSE ('{"requestId":' || to_json(wire_id)::text || ',"model":' || to_json(model)::text || '}')::json
                   END,
                   created_by, created_at
            FROM entries
            WHERE amount <> 0
            WINDOW w AS (
                PARTITION BY account_id
                ORDER BY created_at, request_id NULLS FIRST
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
            """)
        try execute(
            """
            -- Store.sampleBalances
            UPDATE credit_accounts a
            SET balance = last.balance_after, entries = last.seq, updated_at = last.created_at
            FROM credit_accounts b
            CROSS JOIN LATERAL (
                SELECT t.balance_after, t.seq, t.created_at
                FROM credit_transactions t
                WHERE t.account_id = b.id
                ORDER BY t.seq DESC
                LIMIT 1
            ) AS last
            WHERE b.id = a.id AND a.provider_id = ANY (\(providers)::uuid[])
            """)
    }

    /// What somebody would see who looks at the alerts: outages that are over, a low balance, a note of a colleague, and
    /// what the media providers themselves said about their balances.
    package func addSampleAlerts(_ plan: SamplePlan, of offers: [Offer]) throws(Failure) {
        let providers = Set(offers.map(\.providerID)).sorted()
        try execute(
            """
            -- Store.sampleOutageAlerts
            WITH runs AS (
                SELECT provider_id, checked_at, status,
                       row_number() OVER (PARTITION BY provider_id ORDER BY checked_at)
                           - row_number() OVER (PARTITION BY provider_id, status ORDER BY checked_at) AS run
                FROM health_checks
                WHERE provider_id = ANY (\(providers)::uuid[])
            ), outages AS (
                SELECT provider_id, min(checked_at) AS began, max(checked_at) + interval '5 minutes' AS ended, count(*) AS checks
                FROM runs
                WHERE status = 'down'
                GROUP BY provider_id, run
            )
            INSERT INTO alerts (provider_id, severity, type, message, created_at, last_seen_at, occurrences, resolved_at)
            SELECT o.provider_id, 'critical', 'provider_down', p.display_name || ' is down: the provider is overloaded',
                   o.began, o.ended - interval '5 minutes', o.checks, o.ended
            FROM outages o
            JOIN providers p ON p.id = o.provider_id
            WHERE o.ended < \(plan.end)::timestamptz
            ORDER BY o.began
            """)
        try execute(
            """
            -- Store.sampleAlerts
            INSERT INTO alerts (provider_id, severity, type, message, created_at, last_seen_at, created_by)
            SELECT p.id, 'high', 'low_balance',
                   'Credit balance is below threshold: ' || round(a.balance, 2) || ' ' || a.currency,
                   a.updated_at, a.updated_at, NULL
            FROM credit_accounts a
            JOIN providers p ON p.id = a.provider_id
            WHERE a.currency = p.currency AND a.balance < p.low_balance_threshold AND p.id = ANY (\(providers)::uuid[])
            UNION ALL
            SELECT p.id, 'low', 'custom', 'Compare the last invoice with the ledger', \(plan.end)::timestamptz - interval '1 day',
                   \(plan.end)::timestamptz - interval '1 day', 'sandbox'
            FROM providers p
            WHERE p.slug IN ('fal_ai', 'openai') AND p.id = ANY (\(providers)::uuid[])
            ON CONFLICT DO NOTHING
            """)
        try execute(
            """
            -- Store.sampleProviderBalances
            INSERT INTO provider_balances (provider_id, checked_at, balance, currency)
            SELECT p.id, \(plan.end)::timestamptz - interval '1 minute', round(a.balance - 0.37, 2), a.currency
            FROM credit_accounts a
            JOIN providers p ON p.id = a.provider_id
            WHERE p.slug IN ('fal_ai', 'runway_ml', 'black_forest_labs') AND p.id = ANY (\(providers)::uuid[])
            ON CONFLICT DO NOTHING
            """)
    }
}
