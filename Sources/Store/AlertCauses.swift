/// What the system raises alerts for: each piece selects (provider_id, type, subject, severity, message) of what holds
/// now, from `reviewed` (the providers) and `clock` (`at`, the moment).
enum AlertCauses {
    /// The own ledger was used and holds less than the threshold; critical when nothing is left.
    static let lowBalance: StaticString = """
        SELECT p.id, 'low_balance', '', CASE WHEN a.balance <= 0 THEN 'critical' ELSE 'high' END,
               'Credit balance is below threshold: ' || money_text(a.balance, p.currency)
        FROM reviewed p
        JOIN credit_accounts a ON a.provider_id = p.id AND a.currency = p.currency
        WHERE a.balance < p.low_balance_threshold
        """

    /// The ledger differs from what the provider says by more than one unit of money and more than 5 %.
    static let balanceDrift: StaticString = """
        SELECT p.id, 'balance_drift', '', 'medium',
               'The ledger says ' || money_text(a.balance, p.currency) || ', the provider says '
                   || money_text(b.balance, p.currency)
        FROM reviewed p
        JOIN credit_accounts a ON a.provider_id = p.id AND a.currency = p.currency
        CROSS JOIN LATERAL (
            SELECT v.balance
            FROM provider_balances v
            WHERE v.provider_id = p.id AND v.currency = p.currency
            ORDER BY v.checked_at DESC
            LIMIT 1
        ) AS b
        WHERE abs(a.balance - b.balance) > 1 AND abs(a.balance - b.balance) > 0.05 * abs(b.balance)
        """

    /// The newest check found the provider down.
    static let providerDown: StaticString = """
        SELECT p.id, 'provider_down', '', 'critical',
               'The last health check failed: ' || replace(c.error_kind, '_', ' ')
        FROM reviewed p
        CROSS JOIN LATERAL (
            SELECT h.status, h.error_kind
            FROM health_checks h
            WHERE h.provider_id = p.id
            ORDER BY h.checked_at DESC, h.id DESC
            LIMIT 1
        ) AS c
        WHERE c.status = 'down'
        """

    /// More than a fifth of at least 20 requests that ended within the last hour failed; critical above a half. The
    /// hour is rounded up to quarters.
    static let errorRate: StaticString = """
        SELECT p.id, 'error_rate', '', CASE WHEN 2 * u.failed > u.finished THEN 'critical' ELSE 'high' END,
               u.failed || ' of the ' || u.finished || ' requests of the last hour failed'
        FROM reviewed p
        CROSS JOIN LATERAL (
            SELECT sum(w.failed) AS failed, sum(w.failed + w.completed) AS finished
            FROM (
                SELECT r.failed, r.completed
                FROM usage_rollups r
                CROSS JOIN clock
                WHERE r.provider_id = p.id AND r.grain = 'quarter' AND r.model = ''
                  AND r.bucket >= quarter_of(clock.at - interval '1 hour')
                UNION ALL
                SELECT t.failed, t.completed
                FROM usage_tail t
                CROSS JOIN clock
                WHERE t.provider_id = p.id AND t.created_at >= quarter_of(clock.at - interval '1 hour')
            ) AS w
        ) AS u
        WHERE u.finished >= 20 AND 5 * u.failed > u.finished
        """

    /// The installation's newest credential of an environment was refused, or one in use was.
    static let invalidKey: StaticString = """
        SELECT p.id, 'invalid_key', '', 'high', 'The provider refuses the API key'
        FROM reviewed p
        WHERE EXISTS (
            SELECT
            FROM (
                SELECT c.state, c.is_active,
                       row_number() OVER (PARTITION BY c.environment ORDER BY c.created_at DESC, c.id DESC) AS age
                FROM credentials c
                WHERE c.provider_id = p.id AND c.owner IS NULL
            ) AS k
            WHERE k.state = 'invalid' AND (k.is_active OR k.age = 1))
        """

    /// Calls of the last 24 hours that cost nobody knows what; the 50 models with the most of them for each provider,
    /// since callers may name models as they like. Those from before the newest price of their model are over: somebody
    /// has seen to it. Of the quarter in which that began, only what is not posted yet can be told apart.
    static let unpricedModel: StaticString = """
        SELECT p.id, 'unpriced_model', u.model, 'medium',
               u.calls || ' completed requests of the last day have no known price: model ' || u.model
        FROM reviewed p
        CROSS JOIN LATERAL (
            SELECT w.model, sum(w.unpriced) AS calls
            FROM (
                SELECT r.model, r.bucket AS at, r.unpriced
                FROM usage_rollups r
                CROSS JOIN clock
                WHERE r.provider_id = p.id AND r.grain = 'quarter' AND r.model <> ''
                  AND r.bucket >= quarter_of(clock.at - interval '24 hours') AND r.unpriced <> 0
                UNION ALL
                SELECT t.model, t.created_at, t.unpriced
                FROM usage_tail t
                CROSS JOIN clock
                WHERE t.provider_id = p.id AND t.created_at >= quarter_of(clock.at - interval '24 hours')
                  AND t.unpriced <> 0
            ) AS w
            CROSS JOIN clock
            WHERE NOT EXISTS (
                SELECT
                FROM models m
                JOIN prices v ON v.model_id = m.id
                WHERE m.provider_id = p.id AND m.name = w.model
                  AND v.effective_from > w.at AND v.effective_from <= clock.at)
            GROUP BY w.model
            HAVING sum(w.unpriced) > 0
            ORDER BY sum(w.unpriced) DESC, w.model
            LIMIT 50
        ) AS u
        """

    /// A credential of the installation that is in use ends within 14 days; critical when it has ended.
    static let keyExpiring: StaticString = """
        SELECT p.id, 'key_expiring', k.id::text, CASE WHEN k.expires_at <= clock.at THEN 'critical' ELSE 'medium' END,
               CASE WHEN k.expires_at <= clock.at THEN 'The API key expired on ' ELSE 'The API key expires on ' END
                   || to_char(k.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')
        FROM reviewed p
        JOIN credentials k ON k.provider_id = p.id AND k.owner IS NULL AND k.is_active
        CROSS JOIN clock
        WHERE k.expires_at <= clock.at + interval '14 days'
        """

    /// That the provider was down ended within the last day, and it is not down again. Who resolved the alert meanwhile
    /// wants the news as well: the cause is gone then within a day after that, or there is another alert.
    static let providerRecovered: StaticString = """
        SELECT p.id, 'provider_recovered', '', 'low', 'The provider answers again'
        FROM reviewed p
        CROSS JOIN clock
        WHERE EXISTS (
                SELECT
                FROM alerts s
                WHERE s.provider_id = p.id AND s.type = 'provider_down' AND s.resolved_at IS NOT NULL
                  AND s.resolved_at > clock.at - interval '49 hours'
                  AND CASE WHEN s.resolved_by IS NULL THEN s.resolved_at ELSE s.cause_ended_at END
                      > clock.at - interval '24 hours')
          AND NOT EXISTS (
                SELECT
                FROM alerts o
                WHERE o.provider_id = p.id AND o.type = 'provider_down' AND o.resolved_at IS NULL)
        """
}
