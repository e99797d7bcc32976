import Domain
import Postgres

extension OfferedModel {
    init(row: inout Row) throws(PostgresError) {
        self.init(
            name: try row.next(), provider: try row.next(), displayName: try row.next(), capability: try row.next(),
            version: try row.next(), contextTokens: try row.nextOptional(), isAvailable: try row.next(),
            isDefault: try row.next(), retiredAt: try row.nextOptional(), listedAt: try row.nextOptional(),
            price: try OfferedPrice(optional: &row))
    }
}

extension OfferedPrice {
    fileprivate init?(optional row: inout Row) throws(PostgresError) {
        let currency = try row.nextOptional(String.self)
        let rates = (
            input: try row.nextOptional(ExactDecimalSum.self), output: try row.nextOptional(ExactDecimalSum.self),
            cachedInput: try row.nextOptional(ExactDecimalSum.self),
            perGeneration: try row.nextOptional(ExactDecimalSum.self)
        )
        let unit = try row.nextOptional(String.self)
        let effectiveFrom = try row.nextOptional(Timestamp.self)
        let source = try row.nextOptional(String.self)
        guard let currency, let unit, let effectiveFrom, let source else { return nil }
        self.init(
            currency: currency, input: rates.input, output: rates.output, cachedInput: rates.cachedInput,
            perGeneration: rates.perGeneration, unit: unit, effectiveFrom: effectiveFrom, source: source)
    }
}

extension Store {
    /// Models in the order of their providers, by name, with the prices of `now`. Without a provider in the filter,
    /// those of providers that are switched off are left out.
    package func offeredModels(
        _ filter: ModelFilter, at now: Timestamp, _ page: Page
    ) throws(Failure) -> Slice<OfferedModel> {
        let total = try one(
            "Model",
            """
            -- Store.countOfferedModels
            SELECT count(*)
            FROM models m
            JOIN providers p ON p.id = m.provider_id
            WHERE m.name <> '*'
              AND CASE WHEN \(filter.provider)::text IS NULL THEN p.enabled ELSE p.slug = \(filter.provider)::text END
              AND (\(filter.capability)::text IS NULL OR m.kind = \(filter.capability)::text)
              AND (\(filter.text)::text IS NULL
                   OR position(lower(\(filter.text)::text) IN lower(m.name || ' ' || m.display_name)) > 0)
              AND (\(filter.isAvailable)::boolean IS NULL
                   OR (m.is_active AND (m.retired_at IS NULL OR m.retired_at > \(now)::timestamptz))
                      = \(filter.isAvailable)::boolean)
            """
        ) { (row) throws(PostgresError) in try row.next(Int.self) }
        return Slice(rows: try offeredModelsOfPage(filter, at: now, page), total: total)
    }

    /// Prices are looked up for the rows of the page only.
    private func offeredModelsOfPage(
        _ filter: ModelFilter, at now: Timestamp, _ page: Page
    ) throws(Failure) -> [OfferedModel] {
        try rows(
            """
            -- Store.offeredModels
            SELECT one.name, one.slug, one.display_name, one.kind, one.version, one.context_tokens, one.is_available,
                   one.is_default, one.retired_at, one.listed_at, held.currency, trim_scale(held.input),
                   trim_scale(held.output), trim_scale(held.cached_input), trim_scale(held.per_generation), held.unit,
                   held.effective_from, held.source
            FROM (
                SELECT m.id, m.name, p.slug, m.display_name, m.kind, m.version, m.context_tokens, m.retired_at,
                       m.listed_at, p.priority, p.position, m.name IS NOT DISTINCT FROM p.default_model AS is_default,
                       m.is_active AND (m.retired_at IS NULL OR m.retired_at > \(now)::timestamptz) AS is_available
                FROM models m
                JOIN providers p ON p.id = m.provider_id
                WHERE m.name <> '*'
                  AND CASE
                          WHEN \(filter.provider)::text IS NULL THEN p.enabled
                          ELSE p.slug = \(filter.provider)::text
                      END
                  AND (\(filter.capability)::text IS NULL OR m.kind = \(filter.capability)::text)
                  AND (\(filter.text)::text IS NULL
                       OR position(lower(\(filter.text)::text) IN lower(m.name || ' ' || m.display_name)) > 0)
                  AND (\(filter.isAvailable)::boolean IS NULL
                       OR (m.is_active AND (m.retired_at IS NULL OR m.retired_at > \(now)::timestamptz))
                          = \(filter.isAvailable)::boolean)
                ORDER BY p.priority, p.position, p.slug, m.name COLLATE "C"
                LIMIT \(page.limit)
                OFFSET \(page.offset)
            ) AS one
            LEFT JOIN LATERAL price_at(one.id, \(now)::timestamptz) AS held ON true
            ORDER BY one.priority, one.position, one.slug, one.name COLLATE "C"
            """, OfferedModel.init(row:))
    }
}
