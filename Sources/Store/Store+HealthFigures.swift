import Domain
import Postgres

extension ProviderHealth {
    init(row: inout Row) throws(PostgresError) {
        self.init(
            provider: try row.next(), status: try HealthStatus(optional: &row), lastChecked: try row.nextOptional(),
            responseMilliseconds: try row.nextOptional(), successRate: try row.nextOptional(),
            uptime24Hours: try row.nextOptional(), uptime7Days: try row.nextOptional(),
            uptime30Days: try row.nextOptional())
    }
}

extension HealthStatus {
    fileprivate init?(optional row: inout Row) throws(PostgresError) {
        guard let text = try row.nextOptional(String.self) else { return nil }
        guard let status = HealthStatus(rawValue: text) else { throw .decoding(column: 0, "is not a status") }
        self = status
    }
}

extension Store {
    /// The media providers in the contract's order, then every other enabled one by name.
    package func health(at now: Timestamp) throws(Failure) -> [ProviderHealth] {
        try rows(figures(of: nil, at: now), ProviderHealth.init(row:))
    }

    /// Of one provider, also of one that is switched off. Unknown slug: `.notFound`.
    package func health(of slug: ProviderSlug, at now: Timestamp) throws(Failure) -> ProviderHealth {
        try one("Provider", figures(of: slug, at: now), ProviderHealth.init(row:))
    }

    /// The newest checks of the last 24 hours that found something, at most `limit`.
    package func healthProblems(
        of slug: ProviderSlug, limit: Int, at now: Timestamp
    ) throws(Failure) -> [HealthProblem] {
        try rows(
            """
            -- Store.healthProblems
            SELECT h.checked_at, h.status, h.error_kind, h.error_message, h.response_ms
            FROM health_checks h
            WHERE h.provider_id = (SELECT p.id FROM providers p WHERE p.slug = \(slug))
              AND h.checked_at > \(now)::timestamptz - interval '24 hours'
              AND h.status <> 'healthy'
            ORDER BY h.checked_at DESC
            LIMIT \(limit)
            """
        ) { (row) throws(PostgresError) in
            HealthProblem(
                at: try row.next(), status: try HealthStatus(optional: &row) ?? .down, kind: try row.nextOptional(),
                message: try row.nextOptional(), responseMilliseconds: try row.nextOptional())
        }
    }

    /// What the newest check found, in our words; nil when it was healthy or there is none.
    package func healthMessage(of slug: ProviderSlug) throws(Failure) -> String? {
        try rows(
            """
            -- Store.healthMessage
            SELECT h.error_message
            FROM health_checks h
            WHERE h.provider_id = (SELECT p.id FROM providers p WHERE p.slug = \(slug))
            ORDER BY h.checked_at DESC
            LIMIT 1
            """
        ) { (row) throws(PostgresError) in try row.nextOptional(String.self) }.first ?? nil
    }

    /// One pass over the checks of 30 days, in their index.
    ///
    /// Known time is what the rows held, and what the newest check holds by now: at least a millisecond, so that a
    /// first check counts at once. Of the interval that a period's beginning cuts in two, `before` takes away the part
    /// that lies before it.
    private func figures(of slug: ProviderSlug?, at now: Timestamp) -> SQL {
        """
        -- Store.health
        SELECT p.slug, newest.status, newest.checked_at, newest.response_ms,
               trim_scale(round(100.0 * checks.good / nullif(checks.made, 0), 2)),
               trim_scale(round(100.0 * (checks.up_1 + open.up - before.up_1)
                                / nullif(checks.known_1 + open.known - before.known_1, 0), 2)),
               trim_scale(round(100.0 * (checks.up_7 + open.up - before.up_7)
                                / nullif(checks.known_7 + open.known - before.known_7, 0), 2)),
               trim_scale(round(100.0 * (checks.up_30 + open.up - before.up_30)
                                / nullif(checks.known_30 + open.known - before.known_30, 0), 2))
        FROM providers p
        CROSS JOIN (SELECT \(now)::timestamptz AS at) AS moment
        LEFT JOIN LATERAL (
            SELECT h.checked_at, h.status, h.response_ms
            FROM health_checks h
            WHERE h.provider_id = p.id
            ORDER BY h.checked_at DESC
            LIMIT 1
        ) AS newest ON true
        CROSS JOIN LATERAL (
            SELECT held.known, CASE WHEN newest.status = 'down' THEN 0 ELSE held.known END AS up
            FROM (
                SELECT CASE
                           -- greatest and least pass over a NULL.
                           WHEN newest.checked_at IS NULL THEN 0
                           ELSE greatest(1, least(3600000, floor(
                               extract(epoch FROM moment.at - newest.checked_at) * 1000)))
                       END AS known
            ) AS held
        ) AS open
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE h.checked_at > moment.at - interval '24 hours') AS made,
                   count(*) FILTER (WHERE h.checked_at > moment.at - interval '24 hours'
                                      AND h.status <> 'down') AS good,
                   coalesce(sum(h.held_ms::integer) FILTER (
                       WHERE h.checked_at > moment.at - interval '24 hours'), 0) AS known_1,
                   coalesce(sum(h.held_ms::integer) FILTER (
                       WHERE h.checked_at > moment.at - interval '24 hours' AND h.held_status <> 'down'), 0) AS up_1,
                   coalesce(sum(h.held_ms::integer) FILTER (
                       WHERE h.checked_at > moment.at - interval '7 days'), 0) AS known_7,
                   coalesce(sum(h.held_ms::integer) FILTER (
                       WHERE h.checked_at > moment.at - interval '7 days' AND h.held_status <> 'down'), 0) AS up_7,
                   coalesce(sum(h.held_ms::integer), 0) AS known_30,
                   coalesce(sum(h.held_ms::integer) FILTER (WHERE h.held_status <> 'down'), 0) AS up_30
            FROM health_checks h
            WHERE h.provider_id = p.id AND h.checked_at > moment.at - interval '30 days'
        ) AS checks
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(cut.ms) FILTER (WHERE cut.days = 1), 0) AS known_1,
                   coalesce(sum(cut.ms) FILTER (WHERE cut.days = 1 AND cut.status <> 'down'), 0) AS up_1,
                   coalesce(sum(cut.ms) FILTER (WHERE cut.days = 7), 0) AS known_7,
                   coalesce(sum(cut.ms) FILTER (WHERE cut.days = 7 AND cut.status <> 'down'), 0) AS up_7,
                   coalesce(sum(cut.ms) FILTER (WHERE cut.days = 30), 0) AS known_30,
                   coalesce(sum(cut.ms) FILTER (WHERE cut.days = 30 AND cut.status <> 'down'), 0) AS up_30
            FROM (
                SELECT period.days, last.status,
                       least(3600000, floor(extract(
                           epoch FROM moment.at - make_interval(days => period.days) - last.checked_at) * 1000)) AS ms
                FROM (VALUES (1), (7), (30)) AS period (days)
                CROSS JOIN LATERAL (
                    SELECT h.checked_at, h.status
                    FROM health_checks h
                    WHERE h.provider_id = p.id
                      AND h.checked_at <= moment.at - make_interval(days => period.days)
                    ORDER BY h.checked_at DESC
                    LIMIT 1
                ) AS last
            ) AS cut
        ) AS before
        WHERE (\(slug)::text IS NOT NULL AND p.slug = \(slug)::text)
           OR (\(slug)::text IS NULL AND (p.kind = 'media' OR p.enabled))
        ORDER BY p.position, p.slug
        LIMIT 1000
        """
    }
}
