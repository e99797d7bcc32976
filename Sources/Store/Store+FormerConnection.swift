import Domain
import Postgres

extension Transaction {
    /// The owner's connection with this ID, or to this provider, as it is before a change: for the audit log. It is
    /// held until the end of the transaction, so that nobody changes it in between. Nil when there is none.
    package func formerConnection(
        _ id: ID<Connection>? = nil, to slug: ProviderSlug? = nil, of owner: Owner
    ) throws(Failure) -> Connection? {
        try rows(
            """
            -- Store.formerConnection
            SELECT c.id, p.display_name, c.is_active AND k.is_active, c.model, c.temperature, c.max_tokens, c.top_p,
                   c.frequency_penalty, c.presence_penalty, c.usage_count, c.total_tokens, trim_scale(c.total_cost),
                   c.last_used_at, c.created_at, c.updated_at, c.version
            FROM connections c
            JOIN providers p ON p.id = c.provider_id
            JOIN credentials k ON k.id = c.credential_id
            WHERE c.owner = \(owner)
              AND (\(id)::uuid IS NULL OR c.id = \(id)::uuid)
              AND (\(slug)::text IS NULL OR p.slug = \(slug)::text)
            LIMIT 1
            FOR UPDATE OF c
            """, Connection.init(row:)
        ).first
    }
}
