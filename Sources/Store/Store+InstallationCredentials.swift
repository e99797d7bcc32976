import Domain
import Postgres

/// A credential of the installation as it may be shown: everything but itself.
package struct ShownCredential: Sendable {
    package let id: ID<Credential>
    package let provider: String
    package let environment: String
    package let type: String
    /// The end of the key, nil for a short one.
    package let hint: String?
    /// `untested`, `valid` or `invalid`.
    package let state: String
    package let isActive: Bool
    package let expiresAt: Timestamp?
    package let lastUsedAt: Timestamp?
    package let createdAt: Timestamp

    init(row: inout Row) throws(PostgresError) {
        id = try row.next()
        provider = try row.next()
        environment = try row.next()
        type = try row.next()
        hint = try row.nextOptional()
        state = try row.next()
        isActive = try row.next()
        expiresAt = try row.nextOptional()
        lastUsedAt = try row.nextOptional()
        createdAt = try row.next()
    }
}

extension Store {
    /// The credentials of the installation, of one provider or of all, the newest of each environment first. More than
    /// 10,000 are not shown.
    package func installationCredentials(of slug: ProviderSlug?) throws(Failure) -> [ShownCredential] {
        try rows(
            """
            -- Store.installationCredentials
            SELECT k.id, p.slug, k.environment, k.type, k.hint, k.state, k.is_active, k.expires_at, k.last_used_at,
                   k.created_at
            FROM credentials k
            JOIN providers p ON p.id = k.provider_id
            WHERE k.owner IS NULL AND (\(slug?.text)::text IS NULL OR p.slug = \(slug?.text)::text)
            ORDER BY p.slug, k.environment, k.created_at DESC, k.id DESC
            LIMIT 10000
            """, ShownCredential.init(row:))
    }
}

extension Transaction {
    /// Deletes a credential of the installation; returns what it was. One that is not there, and an owner's:
    /// `.notFound`.
    package func removeInstallationCredential(_ id: ID<Credential>) throws(Failure) -> ShownCredential {
        try one(
            "Credential",
            """
            -- Store.removeInstallationCredential
            DELETE FROM credentials k
            USING providers p
            WHERE k.id = \(id) AND k.owner IS NULL AND p.id = k.provider_id
            RETURNING k.id, p.slug, k.environment, k.type, k.hint, k.state, k.is_active, k.expires_at, k.last_used_at,
                      k.created_at
            """, ShownCredential.init(row:))
    }

    /// Sets the model for calls that name none; returns what it was. Unknown slug: `.notFound`.
    package func setDefaultModel(
        of slug: ProviderSlug, to model: String, at now: Timestamp
    ) throws(Failure) -> String? {
        let former = try one(
            "Provider",
            """
            -- Store.formerDefaultModel
            SELECT default_model
            FROM providers
            WHERE slug = \(slug)
            FOR NO KEY UPDATE
            """
        ) { (row) throws(PostgresError) in try row.nextOptional(String.self) }
        try execute(
            """
            -- Store.setDefaultModel
            UPDATE providers
            SET default_model = \(model), version = version + 1, updated_at = \(now)::timestamptz
            WHERE slug = \(slug) AND default_model IS DISTINCT FROM \(model)
            """)
        return former
    }
}
