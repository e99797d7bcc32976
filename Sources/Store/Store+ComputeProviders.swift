import Domain
import Postgres

extension Store {
    /// The compute providers that have a configuration, by slug: the one that `installationCredentialToTest` finds. One
    /// that was replaced, removed or switched off is none; one that its provider has refused is.
    ///
    /// A check that was made with an earlier configuration, or before a change to this one, says nothing about it. A slow
    /// answer is an answer.
    package func computeProviders() throws(Failure) -> [ComputeProvider] {
        try rows(
            """
            -- Store.computeProviders
            SELECT p.slug, p.display_name, p.enabled, found.error_kind IS NULL OR found.error_kind = 'slow',
                   found.checked_at, found.error_message, newest.metadata::text
            FROM providers p
            CROSS JOIN LATERAL (
                SELECT k.metadata, k.state, k.created_at, k.updated_at
                FROM credentials k
                WHERE k.provider_id = p.id AND k.owner IS NULL AND k.environment = 'default' AND k.type = 'config'
                  AND (k.is_active OR k.state = 'invalid')
                  AND (k.expires_at IS NULL OR k.expires_at > now())
                ORDER BY k.is_active DESC, k.created_at DESC, k.id DESC
                LIMIT 1
            ) AS newest
            LEFT JOIN LATERAL (
                SELECT h.checked_at, h.error_kind, h.error_message
                FROM health_checks h
                WHERE h.provider_id = p.id AND h.checked_at >= newest.created_at
                  AND (newest.state <> 'untested' OR h.checked_at >= newest.updated_at)
                ORDER BY h.checked_at DESC
                LIMIT 1
            ) AS found ON true
            WHERE p.kind = 'compute'
            ORDER BY p.slug
            LIMIT 100
            """
        ) { (row) throws(PostgresError) in
            let slug = try row.next(String.self)
            let name = try row.next(String.self)
            let enabled = try row.next(Bool.self)
            let connected = try row.next(Bool.self)
            let checked = try row.nextOptional(Timestamp.self)
            let error = try row.nextOptional(String.self)
            return ComputeProvider(
                slug: slug, name: name, enabled: enabled, connected: checked == nil ? nil : connected,
                lastChecked: checked, error: connected ? nil : error, shown: try row.nextOptional() ?? "{}")
        }
    }

    /// Whether a credential that is not stored yet may be tried: not with a provider that is switched off. Those of
    /// machines are off until they are configured; until then nobody has switched them off.
    package func mayBeAsked(_ provider: ProviderRecord) throws(Failure) -> Bool {
        guard !provider.enabled else { return true }
        guard provider.kind == "compute" else { return false }
        return try installationCredentials(of: ProviderSlug(provider.slug)).isEmpty
    }
}

extension Transaction {
    /// Lets go of configurations that were refused and that another one has replaced: none of them comes back when that
    /// one is removed.
    package func forgetRefusedConfigurations(of slug: ProviderSlug, at now: Timestamp) throws(Failure) {
        try execute(
            """
            -- Store.forgetRefusedConfigurations
            UPDATE credentials k
            SET state = 'untested', updated_at = \(now)::timestamptz
            FROM providers p
            WHERE p.slug = \(slug) AND k.provider_id = p.id AND k.owner IS NULL AND k.environment = 'default'
              AND k.type = 'config' AND k.state = 'invalid' AND NOT k.is_active
            """)
    }

    /// Switches a provider of machines on whose first configuration has just been added: before that there was nothing
    /// to call. One that somebody has switched off since then stays off.
    func enableWhenFirstConfigured(_ slug: ProviderSlug, at now: Timestamp) throws(Failure) {
        try execute(
            """
            -- Store.enableWhenFirstConfigured
            UPDATE providers p
            SET enabled = true, version = p.version + 1, updated_at = \(now)::timestamptz
            WHERE p.slug = \(slug) AND p.kind = 'compute' AND NOT p.enabled
              AND (
                  SELECT count(*)
                  FROM credentials k
                  WHERE k.provider_id = p.id AND k.owner IS NULL) = 1
            """)
    }
}
