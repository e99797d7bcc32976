import Crypto
import Domain
import Postgres

/// A credential of the installation, open: used for a call and then forgotten.
package struct InstallationCredential: Sendable {
    package let id: ID<Credential>
    /// The serialised credential.
    package let secret: Secret
}

/// The credential of the installation that another one has replaced, without what it is.
package struct ReplacedCredential: Sendable {
    /// The end of the key, nil for a short one.
    package let hint: String?
    package let state: String
    package let expiresAt: Timestamp?
}

extension Store {
    /// The credential by which the installation itself calls a provider, nil when there is none that works.
    package func installationCredential(
        of slug: ProviderSlug, in environment: EnvironmentName = .standard
    ) throws(Failure) -> InstallationCredential? {
        try newestCredential(of: slug, environment, evenRefused: false)
    }

    /// As `installationCredential`, but also one that the provider has refused: it may be accepted by now.
    package func installationCredentialToTest(
        of slug: ProviderSlug, in environment: EnvironmentName = .standard
    ) throws(Failure) -> InstallationCredential? {
        try newestCredential(of: slug, environment, evenRefused: true)
    }

    private func newestCredential(
        of slug: ProviderSlug, _ environment: EnvironmentName, evenRefused: Bool
    ) throws(Failure) -> InstallationCredential? {
        let found = try rows(
            """
            -- Store.installationCredential
            SELECT newest.id, newest.key_id, newest.sealed
            FROM providers p
            CROSS JOIN LATERAL (
                SELECT k.id, k.key_id, k.sealed, k.is_active
                FROM credentials k
                WHERE k.provider_id = p.id AND k.owner IS NULL AND k.environment = \(environment.text)
                  AND (k.expires_at IS NULL OR k.expires_at > now())
                  AND (k.is_active OR \(evenRefused)::boolean AND k.state = 'invalid')
                ORDER BY k.is_active DESC, k.created_at DESC, k.id DESC
                LIMIT 1
            ) AS newest
            WHERE p.slug = \(slug)
            """
        ) { (row) throws(PostgresError) in
            (
                try row.next(ID<Credential>.self),
                SealedBytes(keyID: try row.next(), bytes: try row.next(SQLBytes.self).bytes)
            )
        }
        guard let (id, sealed) = found.first else { return nil }
        return InstallationCredential(id: id, secret: try keys.open(sealed, credential: id, nil, slug.text))
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
            SELECT k.hint, k.state, k.expires_at
            FROM credentials k
            JOIN providers p ON p.id = k.provider_id
            WHERE p.slug = \(slug) AND k.owner IS NULL AND k.environment = \(environment.text)
            ORDER BY k.created_at DESC, k.id DESC
            LIMIT 1
            """
        ) { (row) throws(PostgresError) in
            ReplacedCredential(
                hint: try row.nextOptional(), state: try row.next(), expiresAt: try row.nextOptional())
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
            INSERT INTO credentials (id, provider_id, environment, type, sealed, key_id, hint, state, expires_at,
                                     created_at, updated_at)
            SELECT \(id), p.id, \(environment.text), \(credential.type), \(SQLBytes(sealed.bytes))::bytea,
                   \(sealed.keyID), \(credential.hint), \(proved ? "valid" : "untested"), \(expiresAt)::timestamptz,
                   greatest(\(now)::timestamptz, former.created_at + interval '1 microsecond'), \(now)::timestamptz
            FROM providers p
            LEFT JOIN LATERAL (
                SELECT max(k.created_at) AS created_at
                FROM credentials k
                WHERE k.provider_id = p.id AND k.owner IS NULL AND k.environment = \(environment.text)
            ) AS former ON true
            WHERE p.slug = \(slug)
            """)
    }

    /// Writes down what a check says about the credential that it was made with: a refused one is switched off, one
    /// that works is switched on again; outages, limits and money say nothing about it.
    ///
    /// A credential that has been replaced meanwhile stays off.
    package func settle(
        _ id: ID<Credential>, of slug: ProviderSlug, after finding: HealthFinding, at now: Timestamp
    ) throws(Failure) {
        guard finding.succeeded || finding.refusedCredential else { return }
        try lockProvider(slug)
        try execute(
            """
            -- Store.settleInstallationCredential
            UPDATE credentials k
            SET state = CASE WHEN \(finding.succeeded)::boolean THEN 'valid' ELSE 'invalid' END,
                is_active = \(finding.succeeded)::boolean,
                last_used_at = CASE
                    WHEN \(finding.succeeded)::boolean THEN greatest(k.last_used_at, \(now)::timestamptz)
                    ELSE k.last_used_at
                END,
                updated_at = \(now)::timestamptz
            WHERE k.id = \(id)
              AND NOT EXISTS (
                  SELECT 1
                  FROM credentials later
                  WHERE later.provider_id = k.provider_id AND later.owner IS NULL
                    AND later.environment = k.environment AND later.created_at > k.created_at)
            """)
    }

    /// Holds the provider's row until the end of the transaction: whoever changes what belongs to it waits.
    func lockProvider(_ slug: ProviderSlug) throws(Failure) {
        _ = try one(
            "Provider",
            """
            -- Store.lockProvider
            SELECT 1
            FROM providers
            WHERE slug = \(slug)
            FOR NO KEY UPDATE
            """
        ) { (row) throws(PostgresError) in try row.next(Int.self) }
    }
}
