import Domain
import Postgres

extension Store {
    /// Every provider that has the capability, in the order in which it would be asked: by the routing rule of `model`
    /// where there is one (priority, then the larger weight), else by the priorities of the providers.
    ///
    /// A provider that has whatever its owner installed, such as Ollama, has every model.
    package func selection(
        for capability: String, model: String?, in environment: EnvironmentName, at now: Timestamp
    ) throws(Failure) -> ProviderSelection {
        let lines = try rows(
            """
            -- Store.selection
            WITH rule AS (
                SELECT t.provider_id, t.priority, t.weight, t.enabled
                FROM routing_targets t
                WHERE t.version = (SELECT max(v.version) FROM routing_versions v)
                  AND t.model = \(model)::text
            )
            SELECT EXISTS (SELECT FROM rule), p.slug, p.display_name, coalesce(rule.priority, p.priority), rule.weight,
                   p.enabled, coalesce(rule.enabled, NOT EXISTS (SELECT FROM rule)),
                   coalesce(offered.name, anything.name), newest.status,
                   newest.checked_at > \(now)::timestamptz - interval '1 hour', keys.number > 0, keys.usable > 0
            FROM providers p
            LEFT JOIN rule ON rule.provider_id = p.id
            LEFT JOIN LATERAL (
                SELECT m.name
                FROM models m
                WHERE m.provider_id = p.id AND m.kind = \(capability) AND m.name <> '*' AND m.is_active
                  AND (m.retired_at IS NULL OR m.retired_at > \(now)::timestamptz)
                  AND (\(model)::text IS NULL OR m.name = \(model)::text)
                ORDER BY m.name IS NOT DISTINCT FROM p.default_model DESC, m.name COLLATE "C"
                LIMIT 1
            ) AS offered ON true
            LEFT JOIN LATERAL (
                SELECT coalesce(\(model)::text, p.default_model) AS name
                FROM models m
                WHERE m.provider_id = p.id AND m.kind = \(capability) AND m.name = '*' AND m.is_active
            ) AS anything ON true
            LEFT JOIN LATERAL (
                SELECT h.status, h.checked_at
                FROM health_checks h
                WHERE h.provider_id = p.id
                ORDER BY h.checked_at DESC
                LIMIT 1
            ) AS newest ON true
            CROSS JOIN LATERAL (
                SELECT count(*) AS number,
                       count(*) FILTER (
                           WHERE k.is_active AND k.state <> 'invalid'
                             AND (k.expires_at IS NULL OR k.expires_at > \(now)::timestamptz)) AS usable
                FROM credentials k
                WHERE k.provider_id = p.id AND k.owner IS NULL AND k.environment = \(environment.text)
            ) AS keys
            WHERE \(capability) = ANY (p.capabilities)
            ORDER BY rule.provider_id IS NULL, coalesce(rule.priority, p.priority), rule.weight DESC NULLS LAST,
                     p.position, p.slug
            LIMIT 1000
            """
        ) { (row) throws(PostgresError) in
            (
                isRouted: try row.next(Bool.self),
                candidate: try SelectionCandidate(
                    row: &row, needsModel: capability != Capability.virtualMachines.rawValue)
            )
        }
        return ProviderSelection(isRouted: lines.first?.isRouted ?? false, candidates: lines.map(\.candidate))
    }
}

extension SelectionCandidate {
    /// Machines are not made by models.
    fileprivate init(row: inout Row, needsModel: Bool) throws(PostgresError) {
        let provider: String = try row.next()
        let displayName: String = try row.next()
        let priority: Int = try row.next()
        let weight = try row.nextOptional(Int.self)
        let isEnabled: Bool = try row.next()
        let isRouted: Bool = try row.next()
        let model = try row.nextOptional(String.self)
        let health = try HealthStatus(optional: &row)
        let isRecent = try row.nextOptional(Bool.self) ?? false
        let hasKey: Bool = try row.next()
        let hasUsableKey: Bool = try row.next()
        var obstacles: [Obstacle] = []
        if !isEnabled { obstacles.append(.disabled) }
        if !isRouted { obstacles.append(.notRouted) }
        if health == .down, isRecent { obstacles.append(.down) }
        if !hasKey { obstacles.append(.keyless) }
        if hasKey, !hasUsableKey { obstacles.append(.keyUnusable) }
        if model == nil, needsModel { obstacles.append(.noModel) }
        self.init(
            provider: provider, displayName: displayName, priority: priority, weight: weight, model: model,
            health: health, obstacles: obstacles)
    }
}
