import Domain
import Postgres

extension ProviderProfile {
    init(row: inout Row) throws(PostgresError) {
        self.init(
            id: try row.next(), slug: try row.next(), displayName: try row.next(), kind: try row.next(),
            authType: try row.next(), enabled: try row.next(), priority: try row.next(),
            timeoutMilliseconds: try row.next(), defaultModel: try row.nextOptional(), capabilities: try row.next(),
            preferences: try row.next(), usageCount: try row.next(), credentials: try row.next(),
            usableCredentials: try row.next(), models: try row.next(), health: try HealthStatus(optional: &row),
            lastHealthCheck: try row.nextOptional(), version: try row.next(), createdAt: try row.next(),
            updatedAt: try row.next())
    }

    /// The columns of `init(row:)` and where they come from, for providers `p`. Keys and models are counted once for all
    /// providers, which costs less than looking for those of each; the newest check is the end of an index, and
    /// `usage_tail` holds what a second or two brought.
    fileprivate static let selection: StaticString = """
        SELECT p.id, p.slug, p.display_name, p.kind, p.auth_type, p.enabled, p.priority, p.timeout_ms,
               p.default_model, p.capabilities, p.ui_preferences::text,
               coalesce(posted.requests, 0) + coalesce(recent.requests, 0),
               coalesce(keys.number, 0), coalesce(keys.usable, 0), coalesce(offered.number, 0), newest.status,
               newest.checked_at, p.version, p.created_at, p.updated_at
        FROM providers p
        LEFT JOIN provider_usage posted ON posted.provider_id = p.id
        LEFT JOIN (
            SELECT t.provider_id, sum(t.requests) AS requests
            FROM usage_tail t
            GROUP BY t.provider_id
        ) AS recent ON recent.provider_id = p.id
        LEFT JOIN (
            SELECT k.provider_id, count(*) AS number,
                   count(*) FILTER (
                       WHERE k.is_active AND (k.expires_at IS NULL OR k.expires_at > now())) AS usable
            FROM credentials k
            WHERE k.owner IS NULL
            GROUP BY k.provider_id
        ) AS keys ON keys.provider_id = p.id
        LEFT JOIN (
            SELECT m.provider_id, count(*) AS number
            FROM models m
            WHERE m.is_active AND m.name <> '*' AND (m.retired_at IS NULL OR m.retired_at > now())
            GROUP BY m.provider_id
        ) AS offered ON offered.provider_id = p.id
        LEFT JOIN LATERAL (
            SELECT h.status, h.checked_at
            FROM health_checks h
            WHERE h.provider_id = p.id
            ORDER BY h.checked_at DESC
            LIMIT 1
        ) AS newest ON true
        """

    fileprivate static func of(_ slug: ProviderSlug) -> SQL {
        """
        -- Store.profile
        \(literal: ProviderProfile.selection)
        WHERE p.slug = \(slug)
        """
    }
}

extension Store {
    /// Providers in the order in which they are preferred: by priority, then as they are listed everywhere.
    package func profiles(_ filter: ProviderFilter, _ page: Page) throws(Failure) -> Slice<ProviderProfile> {
        let found = try rows(
            """
            -- Store.profiles
            \(literal: ProviderProfile.selection)
            WHERE (\(filter.text)::text IS NULL
                   OR position(lower(\(filter.text)::text) IN lower(p.slug || ' ' || p.display_name)) > 0)
              AND (\(filter.capability)::text IS NULL OR \(filter.capability)::text = ANY (p.capabilities))
              AND (\(filter.enabled)::boolean IS NULL OR p.enabled = \(filter.enabled)::boolean)
            ORDER BY p.priority, p.position, p.slug
            LIMIT \(page.limit)
            OFFSET \(page.offset)
            """, ProviderProfile.init(row:))
        // A first page with room left is all of it.
        let isWhole = page.offset == 0 && found.count < page.limit
        return Slice(rows: found, total: isWhole ? found.count : try count(filter))
    }

    private func count(_ filter: ProviderFilter) throws(Failure) -> Int {
        try one(
            "Provider",
            """
            -- Store.countProfiles
            SELECT count(*)
            FROM providers p
            WHERE (\(filter.text)::text IS NULL
                   OR position(lower(\(filter.text)::text) IN lower(p.slug || ' ' || p.display_name)) > 0)
              AND (\(filter.capability)::text IS NULL OR \(filter.capability)::text = ANY (p.capabilities))
              AND (\(filter.enabled)::boolean IS NULL OR p.enabled = \(filter.enabled)::boolean)
            """
        ) { (row) throws(PostgresError) in try row.next(Int.self) }
    }

    /// Unknown slug: `.notFound`.
    package func profile(of slug: ProviderSlug) throws(Failure) -> ProviderProfile {
        try one("Provider", ProviderProfile.of(slug), ProviderProfile.init(row:))
    }
}

extension Transaction {
    /// Changes what is named, or what `change` makes of the provider as it is; returns it before and after.
    ///
    /// Throws `.notFound` for an unknown provider, `.preconditionFailed` for a version that is not among `versions`,
    /// `.invalid` for a default model that the provider does not offer.
    package func changeProfile(
        of slug: ProviderSlug, ifVersions versions: [Int]?, at now: Timestamp,
        _ change: (ProviderProfile) -> ProviderProfileChange
    ) throws(Failure) -> (before: ProviderProfile, after: ProviderProfile) {
        try lockProvider(slug)
        let before = try one("Provider", ProviderProfile.of(slug), ProviderProfile.init(row:))
        if let versions, !versions.contains(before.version) { throw .preconditionFailed }
        let change = change(before)
        guard !change.isEmpty else { return (before, before) }
        if let model = change.defaultModel { try requireOffered(model, by: slug) }
        try execute(
            """
            -- Store.changeProfile
            UPDATE providers
            SET enabled = coalesce(\(change.enabled)::boolean, enabled),
                priority = coalesce(\(change.priority)::integer, priority),
                timeout_ms = coalesce(\(change.timeoutMilliseconds)::integer, timeout_ms),
                default_model = coalesce(\(change.defaultModel)::text, default_model),
                capabilities = coalesce(\(change.capabilities)::text[], capabilities),
                ui_preferences = coalesce(\(change.preferences)::json, ui_preferences),
                version = version + 1,
                updated_at = \(now)::timestamptz
            WHERE slug = \(slug)
            """)
        return (before, try one("Provider", ProviderProfile.of(slug), ProviderProfile.init(row:)))
    }

    private func requireOffered(_ model: String, by slug: ProviderSlug) throws(Failure) {
        let found = try rows(
            """
            -- Store.offeredModel
            SELECT m.name
            FROM models m
            JOIN providers p ON p.id = m.provider_id
            WHERE p.slug = \(slug) AND m.name = \(model) AND m.name <> '*' AND m.is_active
              AND (m.retired_at IS NULL OR m.retired_at > now())
            """
        ) { (row) throws(PostgresError) in try row.next(String.self) }
        guard found.isEmpty else { return }
        throw .invalid("default_model", "must be one of the models of this provider that are switched on")
    }
}
