import Crypto
import Domain
import Postgres

extension CredentialRecord {
    init(row: inout Row) throws(PostgresError) {
        self.init(
            id: try row.next(), provider: try row.next(), owner: try row.nextOptional(), name: try row.nextOptional(),
            type: try row.next(), environment: try row.next(), hint: try row.nextOptional(),
            state: try State(row: &row), isActive: try row.next(), metadata: try row.next(),
            uiMetadata: try row.next(), expiresAt: try row.nextOptional(), lastUsedAt: try row.nextOptional(),
            version: try row.next(), createdAt: try row.next(), updatedAt: try row.next())
    }

    /// The columns of `init(row:)`, for credentials `k` of providers `p`.
    fileprivate static let columns: StaticString = """
        k.id, p.slug, k.owner, k.name, k.type, k.environment, k.hint, k.state, k.is_active,
        coalesce(k.metadata, '{}')::text, coalesce(k.ui_metadata, '{}')::text, k.expires_at, k.last_used_at, k.version,
        k.created_at, k.updated_at
        """

    fileprivate static func with(_ id: ID<Credential>, of slug: ProviderSlug) -> SQL {
        """
        -- Store.credentialRecord
        SELECT \(literal: CredentialRecord.columns)
        FROM credentials k
        JOIN providers p ON p.id = k.provider_id
        WHERE k.id = \(id) AND p.slug = \(slug)
        """
    }
}

extension CredentialRecord.State {
    fileprivate init(row: inout Row) throws(PostgresError) {
        let text: String = try row.next()
        guard let state = CredentialRecord.State(rawValue: text) else {
            throw .decoding(column: 0, "is not a state")
        }
        self = state
    }
}

extension Store {
    /// The credentials of a provider, the installation's and its owners', the newest first. `owner` is the key of one,
    /// or `installation` for those that have none; `text` is a part of a name, an environment, an owner or a hint.
    /// Unknown slug: `.notFound`.
    package func credentialRecords(
        of slug: ProviderSlug, environment: EnvironmentName?, isActive: Bool?, owner: String? = nil,
        text: String? = nil, _ page: Page
    ) throws(Failure) -> Slice<CredentialRecord> {
        let total = try one(
            "Provider",
            """
            -- Store.countCredentialRecords
            SELECT count(k.id)
            FROM providers p
            LEFT JOIN credentials k
                ON k.provider_id = p.id
                AND (\(environment?.text)::text IS NULL OR k.environment = \(environment?.text)::text)
                AND (\(isActive)::boolean IS NULL OR k.is_active = \(isActive)::boolean)
                AND (\(owner)::text IS NULL OR coalesce(k.owner, 'installation') = \(owner)::text)
                AND (\(text)::text IS NULL
                     OR position(lower(\(text)::text)
                                 IN lower(concat_ws(' ', k.name, k.environment, k.owner, k.hint))) > 0)
            WHERE p.slug = \(slug)
            GROUP BY p.id
            """
        ) { (row) throws(PostgresError) in try row.next(Int.self) }
        let found = try rows(
            """
            -- Store.credentialRecords
            SELECT \(literal: CredentialRecord.columns)
            FROM providers p
            JOIN credentials k ON k.provider_id = p.id
            WHERE p.slug = \(slug)
              AND (\(environment?.text)::text IS NULL OR k.environment = \(environment?.text)::text)
              AND (\(isActive)::boolean IS NULL OR k.is_active = \(isActive)::boolean)
              AND (\(owner)::text IS NULL OR coalesce(k.owner, 'installation') = \(owner)::text)
              AND (\(text)::text IS NULL
                   OR position(lower(\(text)::text)
                               IN lower(concat_ws(' ', k.name, k.environment, k.owner, k.hint))) > 0)
            ORDER BY k.created_at DESC, k.id DESC
            LIMIT \(page.limit)
            OFFSET \(page.offset)
            """, CredentialRecord.init(row:))
        return Slice(rows: found, total: total)
    }

    /// One that is not there, or another provider's: `.notFound`.
    package func credentialRecord(_ id: ID<Credential>, of slug: ProviderSlug) throws(Failure) -> CredentialRecord {
        try one("Credential", CredentialRecord.with(id, of: slug), CredentialRecord.init(row:))
    }
}

extension Transaction {
    /// Adds a credential of the installation beside those that are there. `proved` says whether the provider has
    /// accepted it. Unknown provider: `.notFound`.
    package func addCredential(
        _ credential: NewCredential, to slug: ProviderSlug, _ properties: CredentialChange, proved: Bool,
        at now: Timestamp
    ) throws(Failure) -> CredentialRecord {
        try lockProvider(slug)
        let id = ID<Credential>.make(at: now)
        let environment = properties.environment ?? EnvironmentName.standard.text
        let sealed = try keys.seal(credential.secret, credential: id, nil, slug.text)
        // The newest of an environment is the one that is used, so no clock may put it before the others.
        try execute(
            """
            -- Store.addCredential
            INSERT INTO credentials (id, provider_id, name, environment, type, sealed, key_id, hint, state, is_active,
                                     metadata, ui_metadata, expires_at, created_at, updated_at)
            SELECT \(id), p.id, \(properties.name.value), \(environment), \(credential.type),
                   \(SQLBytes(sealed.bytes))::bytea, \(sealed.keyID), \(credential.hint),
                   \(proved ? "valid" : "untested"), \(properties.isActive ?? true)::boolean,
                   \(credential.metadata ?? properties.metadata)::json, \(properties.uiMetadata)::json,
                   \(properties.expiresAt.value)::timestamptz,
                   greatest(\(now)::timestamptz, former.created_at + interval '1 microsecond'), \(now)::timestamptz
            FROM providers p
            LEFT JOIN LATERAL (
                SELECT max(k.created_at) AS created_at
                FROM credentials k
                WHERE k.provider_id = p.id AND k.owner IS NULL AND k.environment = \(environment)
            ) AS former ON true
            WHERE p.slug = \(slug)
            """)
        if properties.isActive ?? true { try enableWhenFirstConfigured(slug, at: now) }
        return try one("Credential", CredentialRecord.with(id, of: slug), CredentialRecord.init(row:))
    }

    /// Changes what is named; returns the credential before and after.
    ///
    /// Throws `.notFound` for one that is not there or another provider's, `.preconditionFailed` for a version that
    /// is not among `versions`, `.conflict` for what only the owner may change.
    package func changeCredential(
        _ id: ID<Credential>, of slug: ProviderSlug, _ change: CredentialChange, secret: NewCredential?, proved: Bool,
        ifVersions versions: [Int]?, at now: Timestamp
    ) throws(Failure) -> (before: CredentialRecord, after: CredentialRecord) {
        let before = try lockCredential(id, of: slug, ifVersions: versions)
        if let owner = before.owner, secret != nil || change.environment != nil { throw .notTheInstallations(owner) }
        if let secret { try replaceSecret(of: id, slug, with: secret, proved: proved, change, at: now) }
        // Switched on by hand, a refused credential has another chance. Switched off by hand, it is no longer one
        // that is tried again by itself.
        try execute(
            """
            -- Store.changeCredential
            UPDATE credentials
            SET name = CASE WHEN \(change.name.isNamed)::boolean THEN \(change.name.value)::text ELSE name END,
                environment = coalesce(\(change.environment)::text, environment),
                metadata = coalesce(\(change.metadata)::json, metadata),
                ui_metadata = coalesce(\(change.uiMetadata)::json, ui_metadata),
                expires_at = CASE
                    WHEN \(change.expiresAt.isNamed)::boolean THEN \(change.expiresAt.value)::timestamptz
                    ELSE expires_at
                END,
                is_active = coalesce(\(change.isActive)::boolean, is_active),
                state = CASE
                    WHEN \(change.isActive)::boolean IS NOT NULL AND state = 'invalid' THEN 'untested'
                    ELSE state
                END,
                version = version + 1,
                updated_at = \(now)::timestamptz
            WHERE id = \(id)
            """)
        let after = try one("Credential", CredentialRecord.with(id, of: slug), CredentialRecord.init(row:))
        return (before, after)
    }

    /// A new key makes a credential that was refused usable again, unless the request says otherwise.
    private func replaceSecret(
        of id: ID<Credential>, _ slug: ProviderSlug, with credential: NewCredential, proved: Bool,
        _ change: CredentialChange, at now: Timestamp
    ) throws(Failure) {
        let sealed = try keys.seal(credential.secret, credential: id, nil, slug.text)
        try execute(
            """
            -- Store.replaceSecret
            UPDATE credentials
            SET type = \(credential.type), sealed = \(SQLBytes(sealed.bytes))::bytea, key_id = \(sealed.keyID),
                hint = \(credential.hint), metadata = coalesce(\(credential.metadata)::json, metadata),
                is_active = is_active OR state = 'invalid',
                state = \(proved ? "valid" : "untested")
            WHERE id = \(id) AND owner IS NULL
            """)
    }

    /// Throws as `changeCredential`, and `.conflict` for one that an owner's configuration uses.
    package func deleteCredential(
        _ id: ID<Credential>, of slug: ProviderSlug, ifVersions versions: [Int]?
    ) throws(Failure) -> CredentialRecord {
        let record = try lockCredential(id, of: slug, ifVersions: versions)
        guard record.owner == nil else {
            throw .conflict(
                "The credential belongs to \(record.owner ?? ""), who alone can delete it; it can be switched off")
        }
        try execute(
            """
            -- Store.deleteCredential
            DELETE FROM credentials
            WHERE id = \(id)
            """)
        return record
    }

    private func lockCredential(
        _ id: ID<Credential>, of slug: ProviderSlug, ifVersions versions: [Int]?
    ) throws(Failure) -> CredentialRecord {
        // In this order everywhere, so that nobody waits for somebody who waits for him.
        try lockProvider(slug)
        let record = try one(
            "Credential",
            """
            -- Store.lockCredential
            SELECT \(literal: CredentialRecord.columns)
            FROM credentials k
            JOIN providers p ON p.id = k.provider_id
            WHERE k.id = \(id) AND p.slug = \(slug)
            FOR UPDATE OF k
            """, CredentialRecord.init(row:))
        if let versions, !versions.contains(record.version) { throw .preconditionFailed }
        return record
    }
}

extension Failure {
    /// That a credential is an owner's, who alone can replace it.
    package static func notTheInstallations(_ owner: String) -> Failure {
        .conflict("The credential belongs to \(owner), who alone can replace it")
    }
}
