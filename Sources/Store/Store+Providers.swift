import Domain
import Postgres

extension ProviderRecord {
    init(row: inout Row) throws(PostgresError) {
        self.init(
            slug: try row.next(), displayName: try row.next(), kind: try row.next(), endpointURL: try row.next(),
            authType: try AuthType(row: &row), enabled: try row.next(), timeoutMilliseconds: try row.next(),
            defaultModel: try row.nextOptional())
    }
}

extension AuthType {
    init(row: inout Row) throws(PostgresError) {
        let text: String = try row.next()
        guard let type = AuthType(rawValue: text) else { throw .decoding(column: 0, "is no way to authenticate") }
        self = type
    }
}

extension Store {
    /// All providers, by slug.
    package func providers() throws(Failure) -> [ProviderRecord] {
        try rows(
            """
            -- Store.providers
            SELECT slug, display_name, kind, endpoint_url, auth_type, enabled, timeout_ms, default_model
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
            SELECT slug, display_name, kind, endpoint_url, auth_type, enabled, timeout_ms, default_model
            FROM providers
            WHERE slug = \(slug)
            """, ProviderRecord.init(row:))
    }
}

extension Transaction {
    /// A provider as it is until the end of the transaction: whoever changes what belongs to it waits. Unknown slug: `.notFound`.
    @discardableResult
    package func lockProvider(_ slug: ProviderSlug) throws(Failure) -> ProviderRecord {
        try one(
            "Provider",
            """
            -- Store.lockProvider
            SELECT slug, display_name, kind, endpoint_url, auth_type, enabled, timeout_ms, default_model
            FROM providers
            WHERE slug = \(slug)
            FOR NO KEY UPDATE
            """, ProviderRecord.init(row:))
    }

    /// Sets how keys are told to a provider. Unknown slug: `.notFound`.
    package func setAuthType(of slug: ProviderSlug, to type: AuthType) throws(Failure) -> ProviderRecord {
        try one(
            "Provider",
            """
            -- Store.setAuthType
            UPDATE providers
            SET auth_type = \(type.rawValue), version = version + 1, updated_at = now()
            WHERE slug = \(slug)
            RETURNING slug, display_name, kind, endpoint_url, auth_type, enabled, timeout_ms, default_model
            """, ProviderRecord.init(row:))
    }

    /// Points a provider elsewhere, or back to its vendor's endpoint with nil. Unknown slug: `.notFound`.
    package func setEndpoint(of slug: ProviderSlug, to url: String?) throws(Failure) -> ProviderRecord {
        try one(
            "Provider",
            """
            -- Store.setEndpoint
            UPDATE providers
            SET endpoint_url = coalesce(\(url)::text, vendor_endpoint_url), version = version + 1, updated_at = now()
            WHERE slug = \(slug)
            RETURNING slug, display_name, kind, endpoint_url, auth_type, enabled, timeout_ms, default_model
            """, ProviderRecord.init(row:))
    }
}
