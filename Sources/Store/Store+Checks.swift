import Domain
import Postgres

extension Store {
    /// Enabled providers with a credential of the installation that fewer than `dailyLimit` scheduled checks were made
    /// of in the last 24 hours, by slug.
    package func providersToCheck(dailyLimit: Int) throws(Failure) -> [ProviderRecord] {
        try rows(
            """
            -- Store.providersToCheck
            SELECT p.slug, p.display_name, p.kind, p.endpoint_url, p.auth_type, p.enabled, p.timeout_ms, p.default_model
            FROM providers p
            WHERE p.enabled
              AND EXISTS (
                    SELECT
                    FROM credentials k
                    WHERE k.provider_id = p.id AND k.owner IS NULL AND k.environment = 'default')
              AND (
                    SELECT count(*)
                    FROM health_checks h
                    WHERE h.provider_id = p.id AND h.checked_at > now() - interval '24 hours'
                      AND h.reason = 'scheduled') < \(dailyLimit)
            ORDER BY p.slug
            LIMIT 1000
            """, ProviderRecord.init(row:))
    }

    /// Enabled media providers with a working credential of the installation, by slug.
    package func providersWithBalance() throws(Failure) -> [ProviderRecord] {
        try rows(
            """
            -- Store.providersWithBalance
            SELECT p.slug, p.display_name, p.kind, p.endpoint_url, p.auth_type, p.enabled, p.timeout_ms, p.default_model
            FROM providers p
            WHERE p.enabled AND p.kind IN ('media', 'image')
              AND EXISTS (
                    SELECT
                    FROM credentials k
                    WHERE k.provider_id = p.id AND k.owner IS NULL AND k.environment = 'default' AND k.is_active)
            ORDER BY p.slug
            LIMIT 1000
            """, ProviderRecord.init(row:))
    }
}

extension Transaction {
    /// Keeps what a provider says is left. Unknown slug: `.notFound`.
    package func recordBalance(
        of slug: ProviderSlug, _ amount: String, currency: String, at now: Timestamp
    ) throws(Failure) {
        let count = try execute(
            """
            -- Store.recordBalance
            INSERT INTO provider_balances (provider_id, checked_at, balance, currency)
            SELECT p.id, \(now)::timestamptz, \(amount)::numeric, \(currency)
            FROM providers p
            WHERE p.slug = \(slug)
            """)
        guard count == 1 else { throw .notFound("Provider") }
    }
}
