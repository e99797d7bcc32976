import Domain
import Postgres

extension ProviderRecord {
    init(row: inout Row) throws(PostgresError) {
        self.init(
            slug: try row.next(), displayName: try row.next(), kind: try row.next(), endpointURL: try row.next(),
            enabled: try row.next(), timeoutMilliseconds: try row.next(), defaultModel: try row.nextOptional())
    }
}

extension Store {
    /// All providers, by slug.
    package func providers() throws(Failure) -> [ProviderRecord] {
        try rows(
            """
            -- Store.providers
            SELECT slug, display_name, kind, endpoint_url, enabled, timeout_ms, default_model
            FROM providers
            ORDER BY slug
            LIMIT 1000
            """, ProviderRecord.init(row:))
    }

    /// Unknown slug: `.notFound`.
    package func provider(_ slug: ProviderSlug) throws(Failure) -> ProviderRecord {
        try one(
            "Provider",
            """
            -- Store.provider
            SELECT slug, display_name, kind, endpoint_url, enabled, timeout_ms, default_model
            FROM providers
            WHERE slug = \(slug)
            """, ProviderRecord.init(row:))
    }
}

extension Transaction {
    /// Points a provider elsewhere, or back to its vendor's endpoint with nil; returns where it pointed before, too.
    /// Unknown slug: `.notFound`.
    package func setEndpoint(
        of slug: ProviderSlug, to url: String?
    ) throws(Failure) -> (before: String, after: ProviderRecord) {
        try one(
            "Provider",
            """
            -- Store.setEndpoint
            WITH former AS (
                SELECT id, endpoint_url
                FROM providers
                WHERE slug = \(slug)
                FOR NO KEY UPDATE
            )
            UPDATE providers p
            SET endpoint_url = coalesce(\(url)::text, p.vendor_endpoint_url), version = p.version + 1, updated_at = now()
            FROM former f
            WHERE p.id = f.id
            RETURNING f.endpoint_url, p.slug, p.display_name, p.kind, p.endpoint_url, p.enabled, p.timeout_ms,
                      p.default_model
            """
        ) { (row) throws(PostgresError) in (before: try row.next(), after: try ProviderRecord(row: &row)) }
    }
}
