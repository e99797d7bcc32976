import Domain
import Postgres

extension Transaction {
    /// Stores one check, and for how long the check before it spoke: until this one, but an hour at most.
    ///
    /// Checks of a provider are in order: one that another one overtook counts as made right after that.
    /// Throws `.notFound` for an unknown provider.
    package func recordHealth(
        of slug: ProviderSlug, _ finding: HealthFinding, at now: Timestamp
    ) throws(Failure) {
        // Of two checks at once the second one has to see the first.
        try lockProvider(slug)
        try execute(
            """
            -- Store.recordHealth
            INSERT INTO health_checks (provider_id, checked_at, status, response_ms, error_kind, error_message,
                                       reason, held_status, held_ms)
            SELECT p.id, moment.at, \(finding.status.rawValue), \(finding.responseMilliseconds)::integer,
                   \(finding.errorKind), \(finding.errorMessage), \(finding.reason.rawValue), former.status,
                   CASE
                       WHEN former.checked_at IS NULL THEN 0
                       ELSE least(floor(extract(epoch FROM moment.at - former.checked_at) * 1000), 3600000)::bigint
                   END
            FROM providers p
            LEFT JOIN LATERAL (
                SELECT h.checked_at, h.status
                FROM health_checks h
                WHERE h.provider_id = p.id
                ORDER BY h.checked_at DESC
                LIMIT 1
            ) AS former ON true
            CROSS JOIN LATERAL (
                SELECT greatest(\(now)::timestamptz, former.checked_at + interval '1 microsecond') AS at
            ) AS moment
            WHERE p.slug = \(slug)
            """)
    }
}
