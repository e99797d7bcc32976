import Crypto
import Domain
import Postgres

/// A credential of the installation, open: used for a call and then forgotten.
package struct InstallationCredential: Sendable {
    package let id: ID<Credential>
    /// That of the row it was read from, so that what is found out about it is not written to another key.
    package let version: Int
    /// The serialised credential.
    package let secret: Secret
}

/// The credential of the installation that another one has replaced, without what it is.
package struct ReplacedCredential: Sendable {
    /// The end of the key, nil for a short one.
    package let hint: String?
    package let state: String
    package let expiresAt: Timestamp?
    /// A JSON object of what may be shown of it; nil for a mere key.
    package let metadata: String?
}

extension Store {
    /// The credential by which the installation itself calls a provider, the newest of those that are switched on and
    /// have not ended; nil when there is none.
    package func installationCredential(
        of slug: ProviderSlug, in environment: EnvironmentName = .standard
    ) throws(Failure) -> InstallationCredential? {
        try newestCredential(of: slug, environment, evenRefused: false)
    }

    /// As `installationCredential`; where there is none, the newest one that the provider has refused: it may be
    /// accepted by now.
    package func installationCredentialToTest(
        of slug: ProviderSlug, in environment: EnvironmentName = .standard
    ) throws(Failure) -> InstallationCredential? {
        try newestCredential(of: slug, environment, evenRefused: true)
    }

    private func newestCredential(
        of slug: ProviderSlug, _ environment: EnvironmentName, evenRefused: Bool
    ) throws(Failure) -> InstallationCredential? {
        try opened(
            """
            -- Store.installationCredential
            SELECT newest.id, newest.version, newest.key_id, newest.sealed
            FROM providers p
            CROSS JOIN LATERAL (
                SELECT k.id, k.version, k.key_id, k.sealed
                FROM credentials k
                WHERE k.provider_id = p.id AND k.owner IS NULL AND k.environment = \(environment.text)
                  AND (k.is_active OR \(evenRefused)::boolean AND k.state = 'invalid')
                  AND (k.expires_at IS NULL OR k.expires_at > now())
                ORDER BY k.is_active DESC, k.created_at DESC, k.id DESC
                LIMIT 1
            ) AS newest
            WHERE p.slug = \(slug)
            """, slug)
    }

    /// One credential of the installation, whether it is switched on or not. Nil when there is none with this ID, or
    /// it is another provider's or an owner's.
    package func installationCredential(
        _ id: ID<Credential>, of slug: ProviderSlug
    ) throws(Failure) -> InstallationCredential? {
        try opened(
            """
            -- Store.installationCredentialWithID
            SELECT k.id, k.version, k.key_id, k.sealed
            FROM credentials k
            JOIN providers p ON p.id = k.provider_id
            WHERE k.id = \(id) AND k.owner IS NULL AND p.slug = \(slug)
            """, slug)
    }

    private func opened(_ sql: SQL, _ slug: ProviderSlug) throws(Failure) -> InstallationCredential? {
        let found = try rows(sql) { (row) throws(PostgresError) in
            (
                id: try row.next(ID<Credential>.self), version: try row.next(Int.self),
                sealed: SealedBytes(keyID: try row.next(), bytes: try row.next(SQLBytes.self).bytes)
            )
        }
        guard let (id, version, sealed) = found.first else { return nil }
        return InstallationCredential(
            id: id, version: version, secret: try keys.open(sealed, credential: id, nil, slug.text))
    }
}

extension Transaction {
    /// Puts a credential in the place of the installation's former one, which is switched off.
    ///
    /// `proved` says whether the provider has accepted it. Returns what it replaced, nil when it is the first one.
    /// Throws `.notFound` for an unknown provider.
    package func replaceInstallationCredential(
        of slug: ProviderSlug, in environment: EnvironmentName = .standard, with credential: NewCredential,
        proved: Bool, expiresAt: Timestamp?, at now: Timestamp
    ) throws(Failure) -> ReplacedCredential? {
        try lockProvider(slug)
        let former = try retireInstallationCredentials(of: slug, environment, at: now)
        try insertInstallationCredential(
            credential, of: slug, environment, proved: proved, expiresAt: expiresAt, at: now)
        return former
    }

    private func retireInstallationCredentials(
        of slug: ProviderSlug, _ environment: EnvironmentName, at now: Timestamp
    ) throws(Failure) -> ReplacedCredential? {
        let former = try rows(
            """
            -- Store.formerInstallationCredential
            SELECT k.hint, k.state, k.expires_at, k.metadata::text
            FROM credentials k
            JOIN providers p ON p.id = k.provider_id
            WHERE p.slug = \(slug) AND k.owner IS NULL AND k.environment = \(environment.text)
            ORDER BY k.created_at DESC, k.id DESC
            LIMIT 1
            """
        ) { (row) throws(PostgresError) in
            ReplacedCredential(
                hint: try row.nextOptional(), state: try row.next(), expiresAt: try row.nextOptional(),
                metadata: try row.nextOptional())
        }
        try execute(
            """
            -- Store.retireInstallationCredentials
            UPDATE credentials k
            SET is_active = false, updated_at = \(now)::timestamptz
            FROM providers p
            WHERE p.slug = \(slug) AND k.provider_id = p.id AND k.owner IS NULL AND k.environment = \(environment.text)
              AND k.is_active
            """)
        return former.first
    }

    private func insertInstallationCredential(
        _ credential: NewCredential, of slug: ProviderSlug, _ environment: EnvironmentName, proved: Bool,
        expiresAt: Timestamp?, at now: Timestamp
    ) throws(Failure) {
        let id = ID<Credential>.make(at: now)
        let sealed = try keys.seal(credential.secret, credential: id, nil, slug.text)
        // Never before the one that it replaces, whatever the clock does.
        try execute(
            """
            -- Store.insertInstallationCredential
            INSERT INTO credentials (id, provider_id, environment, type, sealed, key_id, hint, metadata, state,
                                     expires_at, created_at, updated_at)
            SELECT \(id), p.id, \(environment.text), \(credential.type), \(SQLBytes(sealed.bytes))::bytea,
                   \(sealed.keyID), \(credential.hint), \(credential.metadata)::json,
                   \(proved ? "valid" : "untested"), \(expiresAt)::timestamptz,
                   greatest(\(now)::timestamptz, former.created_at + interval '1 microsecond'), \(now)::timestamptz
            FROM providers p
            LEFT JOIN LATERAL (
                SELECT max(k.created_at) AS created_at
                FROM credentials k
                WHERE k.provider_id = p.id AND k.owner IS NULL AND k.environment = \(environment.text)
            ) AS former ON true
            WHERE p.slug = \(slug)
            """)
        try enableWhenFirstConfigured(slug, at: now)
    }
}
