import Domain
import Postgres

extension Transaction {
    /// Raises every system alert whose cause holds and settles every open one whose cause is gone, for one provider or
    /// for the media providers and all others that are enabled. Reviews wait for one another.
    ///
    /// * One open alert per provider, kind and subject. Seen again, it is renewed once a minute at most, at once when
    ///   it is more or less urgent than before.
    /// * One that somebody resolved while its cause stays is not raised again until the cause was gone once, or for
    ///   24 hours.
    /// * One that the system settles has no `resolved_by` and a note that says so.
    package func reviewAlerts(of slug: ProviderSlug?, at now: Timestamp) throws(Failure) {
        _ = try rows(
            """
            -- Store.lockAlertReview
            SELECT pg_advisory_xact_lock(hashtext('review_alerts'))
            """
        ) { (_) throws(PostgresError) in }
        try reviewCauses(of: slug, at: now)
        // It follows from what the statement before settled.
        try reviewRecoveries(of: slug, at: now)
    }

    private func reviewCauses(of slug: ProviderSlug?, at now: Timestamp) throws(Failure) {
        try execute(
            """
            -- Store.reviewCauses
            WITH clock AS (
                SELECT \(now)::timestamptz AS at
            ), asked AS (
                SELECT p.id, p.currency, p.low_balance_threshold, p.kind = 'media' OR p.enabled AS matters
                FROM providers p
                WHERE \(slug)::text IS NULL OR p.slug = \(slug)::text
            ), reviewed AS (
                SELECT *
                FROM asked
                WHERE matters
            ), kinds (type) AS (
                VALUES ('low_balance'), ('balance_drift'), ('provider_down'), ('error_rate'), ('invalid_key'),
                       ('unpriced_model'), ('key_expiring')
            ), wanted (provider_id, type, subject, severity, message) AS (
                \(literal: AlertCauses.lowBalance)
                UNION ALL
                \(literal: AlertCauses.balanceDrift)
                UNION ALL
                \(literal: AlertCauses.providerDown)
                UNION ALL
                \(literal: AlertCauses.errorRate)
                UNION ALL
                \(literal: AlertCauses.invalidKey)
                UNION ALL
                \(literal: AlertCauses.unpricedModel)
                UNION ALL
                \(literal: AlertCauses.keyExpiring)
            ), \(literal: Self.effects)
            """)
    }

    private func reviewRecoveries(of slug: ProviderSlug?, at now: Timestamp) throws(Failure) {
        try execute(
            """
            -- Store.reviewRecoveries
            WITH clock AS (
                SELECT \(now)::timestamptz AS at
            ), asked AS (
                SELECT p.id, p.kind = 'media' OR p.enabled AS matters
                FROM providers p
                WHERE \(slug)::text IS NULL OR p.slug = \(slug)::text
            ), reviewed AS (
                SELECT *
                FROM asked
                WHERE matters
            ), kinds (type) AS (
                VALUES ('provider_recovered')
            ), wanted (provider_id, type, subject, severity, message) AS (
                \(literal: AlertCauses.providerRecovered)
            ), \(literal: Self.effects)
            """)
    }

    /// Makes the open alerts of `kinds` of the providers `asked` for those that are `wanted`. The four commands see the
    /// tables as they were before and touch different rows.
    private static let effects: StaticString = """
        renewed AS (
            UPDATE alerts a
            SET severity = w.severity, message = w.message, last_seen_at = clock.at, occurrences = a.occurrences + 1
            FROM wanted w, clock
            WHERE a.provider_id = w.provider_id AND a.type = w.type AND a.subject = w.subject
              AND a.resolved_at IS NULL AND a.type <> 'custom'
              AND (a.severity <> w.severity OR a.last_seen_at <= clock.at - interval '1 minute')
        ), settled AS (
            UPDATE alerts a
            SET resolved_at = clock.at, resolution_note = 'Resolved by the system: the cause is gone'
            FROM asked p, clock
            WHERE a.provider_id = p.id AND a.type IN (SELECT type FROM kinds) AND a.resolved_at IS NULL
              AND NOT EXISTS (
                    SELECT
                    FROM wanted w
                    WHERE w.provider_id = a.provider_id AND w.type = a.type AND w.subject = a.subject)
        ), ended AS (
            UPDATE alerts a
            SET cause_ended_at = clock.at
            FROM asked p, clock
            WHERE a.provider_id = p.id AND a.type IN (SELECT type FROM kinds) AND a.type <> 'custom'
              AND a.resolved_by IS NOT NULL AND a.cause_ended_at IS NULL
              AND (a.resolved_at <= clock.at - interval '24 hours'
                   OR NOT EXISTS (
                        SELECT
                        FROM wanted w
                        WHERE w.provider_id = a.provider_id AND w.type = a.type AND w.subject = a.subject))
        )
        INSERT INTO alerts (provider_id, severity, type, subject, message, created_at, last_seen_at)
        SELECT w.provider_id, w.severity, w.type, w.subject, w.message, clock.at, clock.at
        FROM wanted w
        CROSS JOIN clock
        WHERE NOT EXISTS (
                SELECT
                FROM alerts o
                WHERE o.provider_id = w.provider_id AND o.type = w.type AND o.subject = w.subject
                  AND o.resolved_at IS NULL AND o.type <> 'custom')
          AND NOT EXISTS (
                SELECT
                FROM alerts s
                WHERE s.provider_id = w.provider_id AND s.type = w.type AND s.subject = w.subject
                  AND s.resolved_by IS NOT NULL AND s.cause_ended_at IS NULL AND s.type <> 'custom'
                  AND s.resolved_at > clock.at - interval '24 hours')
        ORDER BY w.provider_id, w.type, w.subject
        ON CONFLICT (provider_id, type, subject) WHERE resolved_at IS NULL AND type <> 'custom' DO NOTHING
        """
}
