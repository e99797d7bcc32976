import Crypto
import Domain
import Postgres

/// A credential on its way into the database.
package struct NewCredential: Sendable {
    /// The serialised credential.
    package let secret: Secret
    package let type: String
    package let hint: String?
    /// A JSON object of what may be shown of it; nil for a mere key.
    package let metadata: String?

    package init(secret: Secret, type: String, hint: String?, metadata: String? = nil) {
        self.secret = secret
        self.type = type
        self.hint = hint
        self.metadata = metadata
    }
}

extension Transaction {
    /// Makes the owner's connection to a provider, or replaces its credential and the settings that are named.
    /// True when it is new. The credential has been proved by the caller.
    package func configure(
        _ slug: ProviderSlug, for owner: Owner, with credential: NewCredential, settings: ModelSettingsChange,
        defaultModel: String, at now: Timestamp
    ) throws(Failure) -> (connection: Connection, isNew: Bool) {
        let credentialID = try insert(credential, for: owner, slug, at: now)
        let result = try one(
            "Provider",
            """
            -- Store.configure
            WITH changed AS (
                INSERT INTO connections AS c (id, owner, provider_id, credential_id, model, temperature, max_tokens,
                                              top_p, frequency_penalty, presence_penalty, created_at, updated_at)
                SELECT \(ID<Connection>.make(at: now)), \(owner), p.id, \(credentialID),
                       coalesce(\(settings.model)::text, \(defaultModel)), \(settings.temperature)::numeric,
                       \(settings.maxTokens)::integer, \(settings.topP)::numeric,
                       \(settings.frequencyPenalty)::numeric, \(settings.presencePenalty)::numeric,
                       \(now)::timestamptz, \(now)::timestamptz
                FROM providers p
                WHERE p.slug = \(slug)
                ON CONFLICT (owner, provider_id) DO UPDATE
                SET credential_id = excluded.credential_id,
                    is_active = true,
                    model = coalesce(\(settings.model)::text, c.model),
                    temperature = coalesce(excluded.temperature, c.temperature),
                    max_tokens = coalesce(excluded.max_tokens, c.max_tokens),
                    top_p = coalesce(excluded.top_p, c.top_p),
                    frequency_penalty = coalesce(excluded.frequency_penalty, c.frequency_penalty),
                    presence_penalty = coalesce(excluded.presence_penalty, c.presence_penalty),
                    version = c.version + 1,
                    updated_at = excluded.updated_at
                RETURNING c.*, c.xmax = 0 AS is_new
            )
            SELECT c.id, p.display_name, c.is_active, c.model, c.temperature, c.max_tokens, c.top_p,
                   c.frequency_penalty, c.presence_penalty, c.usage_count, c.total_tokens, trim_scale(c.total_cost),
                   c.last_used_at, c.created_at, c.updated_at, c.version, c.is_new
            FROM changed c
            JOIN providers p ON p.id = c.provider_id
            """
        ) { (row) throws(PostgresError) in
            (connection: try Connection(row: &row), isNew: try row.next(Bool.self))
        }
        try removeCredentials(of: owner, slug, except: credentialID)
        return result
    }

    /// Changes what is named. Not there or another owner's: `.notFound`; a version that is not among `versions`:
    /// `.preconditionFailed`.
    package func update(
        _ id: ID<Connection>, of owner: Owner, ifVersions versions: [Int]?, credential: NewCredential?,
        settings: ModelSettingsChange, isActive: Bool?, at now: Timestamp
    ) throws(Failure) -> Connection {
        let slug = try lock(id, of: owner, ifVersions: versions)
        let credentialID: ID<Credential>? =
            if let credential { try insert(credential, for: owner, slug, at: now) } else { nil }
        // Switching on by hand gives a refused credential another chance.
        if isActive == true, credentialID == nil { try reactivateCredential(of: id) }
        let connection = try one(
            "AI provider",
            """
            -- Store.update
            WITH changed AS (
                UPDATE connections c
                SET credential_id = coalesce(\(credentialID)::uuid, credential_id),
                    is_active = coalesce(\(isActive)::boolean, is_active),
                    model = coalesce(\(settings.model)::text, model),
                    temperature = coalesce(\(settings.temperature)::numeric, temperature),
                    max_tokens = coalesce(\(settings.maxTokens)::integer, max_tokens),
                    top_p = coalesce(\(settings.topP)::numeric, top_p),
                    frequency_penalty = coalesce(\(settings.frequencyPenalty)::numeric, frequency_penalty),
                    presence_penalty = coalesce(\(settings.presencePenalty)::numeric, presence_penalty),
                    version = version + 1,
                    updated_at = \(now)
                WHERE id = \(id) AND owner = \(owner)
                RETURNING c.*
            )
            SELECT c.id, p.display_name, c.is_active AND k.is_active, c.model, c.temperature, c.max_tokens, c.top_p,
                   c.frequency_penalty, c.presence_penalty, c.usage_count, c.total_tokens, trim_scale(c.total_cost),
                   c.last_used_at, c.created_at, c.updated_at, c.version
            FROM changed c
            JOIN providers p ON p.id = c.provider_id
            JOIN credentials k ON k.id = c.credential_id
            """, Connection.init(row:))
        if let credentialID { try removeCredentials(of: owner, slug, except: credentialID) }
        return connection
    }

    /// Removes the connection and its credential; the accounts of its calls stay.
    package func deleteConnection(
        _ id: ID<Connection>, of owner: Owner, ifVersions versions: [Int]?
    ) throws(Failure) -> ProviderSlug {
        let slug = try lock(id, of: owner, ifVersions: versions)
        try execute(
            """
            -- Store.deleteConnection
            DELETE FROM connections
            WHERE id = \(id) AND owner = \(owner)
            """)
        try removeCredentials(of: owner, slug, except: nil)
        return slug
    }

    /// Holds the row until the end of the transaction and checks the version that the caller has seen.
    private func lock(_ id: ID<Connection>, of owner: Owner, ifVersions versions: [Int]?) throws(Failure)
        -> ProviderSlug
    {
        let (current, slug) = try one(
            "AI provider",
            """
            -- Store.lock
            SELECT c.version, p.slug
            FROM connections c
            JOIN providers p ON p.id = c.provider_id
            WHERE c.id = \(id) AND c.owner = \(owner)
            FOR UPDATE OF c
            """
        ) { (row) throws(PostgresError) in (try row.next(Int.self), try row.next(String.self)) }
        if let versions, !versions.contains(current) { throw .preconditionFailed }
        return try ProviderSlug(slug)
    }

    private func insert(
        _ credential: NewCredential, for owner: Owner, _ slug: ProviderSlug, at now: Timestamp
    ) throws(Failure) -> ID<Credential> {
        let id = ID<Credential>.make(at: now)
        let sealed = try keys.seal(credential.secret, credential: id, owner, slug.text)
        try execute(
            """
            -- Store.insertCredential
            INSERT INTO credentials (id, provider_id, owner, type, sealed, key_id, hint, state, created_at, updated_at)
            SELECT \(id), p.id, \(owner), \(credential.type), \(SQLBytes(sealed.bytes))::bytea, \(sealed.keyID),
                   \(credential.hint), 'valid', \(now)::timestamptz, \(now)::timestamptz
            FROM providers p
            WHERE p.slug = \(slug)
            """)
        return id
    }

    private func removeCredentials(
        of owner: Owner, _ slug: ProviderSlug, except kept: ID<Credential>?
    ) throws(Failure) {
        try execute(
            """
            -- Store.removeCredentials
            DELETE FROM credentials k
            USING providers p
            WHERE p.slug = \(slug) AND k.provider_id = p.id AND k.owner = \(owner)
              AND (\(kept)::uuid IS NULL OR k.id <> \(kept)::uuid)
            """)
    }

    private func reactivateCredential(of id: ID<Connection>) throws(Failure) {
        try execute(
            """
            -- Store.reactivateCredential
            UPDATE credentials k
            SET is_active = true, state = 'untested', updated_at = now()
            FROM connections c
            WHERE c.id = \(id) AND k.id = c.credential_id AND NOT k.is_active AND k.state = 'invalid'
            """)
    }
}
