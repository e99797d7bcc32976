import Domain
import Postgres

extension Transaction {
    /// Gives every model that several of the providers have a rule, as an administrator would: most calls to the first
    /// one, the others as a reserve. The rules before and after; nil, and nothing is changed, where there are rules
    /// already or no such model.
    package func addSampleRouting(
        among slugs: [String], at now: Timestamp
    ) throws(Failure) -> (before: RoutingConfiguration, after: RoutingConfiguration)? {
        guard try routing().rules.isEmpty else { return nil }
        var rules: [RoutingRule] = []
        for (model, slug) in try sharedModels(among: slugs) {
            let isFirst = rules.last?.model != model
            let target = RoutingTarget(
                provider: try ProviderSlug(slug), priority: isFirst ? 1 : 2, weight: isFirst ? 70 : 30, enabled: true)
            let others = isFirst ? [] : rules.removeLast().targets
            rules.append(RoutingRule(model: model, targets: others + [target]))
        }
        guard !rules.isEmpty else { return nil }
        return try replaceRouting(with: rules, by: "sandbox", ifVersions: nil, at: now)
    }

    /// The models that several providers offer, each with its providers in their order; at most as many as there may be
    /// rules and providers in them.
    private func sharedModels(among slugs: [String]) throws(Failure) -> [(model: String, slug: String)] {
        try rows(
            """
            -- Store.sharedModels
            SELECT o.name, o.slug
            FROM (
                SELECT m.name, p.slug, row_number() OVER (PARTITION BY m.name ORDER BY p.position, p.slug) AS rank,
                       count(*) OVER (PARTITION BY m.name) AS providers
                FROM models m
                JOIN providers p ON p.id = m.provider_id
                WHERE m.is_active AND m.name <> '*' AND coalesce(m.retired_at > now(), true) AND p.enabled
                  AND (cardinality(\(slugs)::text[]) = 0 OR p.slug = ANY (\(slugs)::text[]))
            ) AS o
            WHERE o.providers > 1 AND o.rank <= 20
            ORDER BY o.name, o.rank
            LIMIT 500
            """
        ) { (row) throws(PostgresError) in (model: try row.next(String.self), slug: try row.next(String.self)) }
    }
}
