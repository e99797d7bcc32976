import Domain
import Postgres

extension Transaction {
    /// Brings models up to date and adds price versions that are not there yet. A version that is there is never
    /// changed: a correction is a version of its own. Returns how many versions are new. Unknown provider: `.notFound`.
    package func load(_ rows: [CatalogueRow]) throws(Failure) -> Int {
        var added = 0
        for row in rows {
            guard let price = try insertPrice(of: try upsertModel(row), row) else { continue }
            added += 1
            if !row.tiers.isEmpty { try insertTiers(of: price, row.tiers) }
            if !row.resolutions.isEmpty { try insertResolutions(of: price, row.resolutions) }
        }
        return added
    }

    /// The model's ID. Its time is that of the last change, not of the last load.
    private func upsertModel(_ row: CatalogueRow) throws(Failure) -> Int {
        try one(
            "Provider \(row.provider)",
            """
            -- Store.loadModel
            INSERT INTO models AS m (provider_id, name, display_name, version, vendor_name, kind, context_tokens,
                                     unsupported_parameters, retired_at)
            SELECT p.id, \(row.model), \(row.displayName), \(row.version), \(row.vendorName), \(row.kind.rawValue),
                   \(row.contextTokens)::integer, \(row.unsupportedParameters.map(\.rawValue))::text[],
                   \(row.retiredAt?.text)::timestamptz
            FROM providers p
            WHERE p.slug = \(row.provider)
            ON CONFLICT (provider_id, name) DO UPDATE
            SET display_name = excluded.display_name, version = excluded.version,
                vendor_name = excluded.vendor_name, kind = excluded.kind,
                context_tokens = excluded.context_tokens,
                unsupported_parameters = excluded.unsupported_parameters,
                -- One that its provider no longer lists stays retired.
                retired_at = coalesce(
                    excluded.retired_at,
                    CASE WHEN m.retired_at > m.listed_at AND m.retired_at <= now() THEN m.retired_at END),
                updated_at = CASE
                    WHEN (m.display_name, m.version, m.vendor_name, m.kind, m.context_tokens,
                          m.unsupported_parameters, m.retired_at)
                        IS DISTINCT FROM
                         (excluded.display_name, excluded.version, excluded.vendor_name, excluded.kind,
                          excluded.context_tokens, excluded.unsupported_parameters, excluded.retired_at)
                    THEN now()
                    ELSE m.updated_at END
            RETURNING id
            """
        ) { (result) throws(PostgresError) in try result.next(Int.self) }
    }

    /// The ID of the new version; nil when there is one of that day.
    private func insertPrice(of model: Int, _ row: CatalogueRow) throws(Failure) -> Int? {
        try rows(
            """
            -- Store.loadPrice
            INSERT INTO prices (model_id, effective_from, currency, input, output, cached_input, cache_write,
                                above_tokens, above_input, above_output, per_generation, unit,
                                credits_per_generation, source)
            VALUES (\(model), \(row.effectiveFrom.text)::timestamptz, \(row.currency), \(row.input), \(row.output),
                    \(row.cachedInput), \(row.cacheWrite), \(row.longContext?.aboveTokens), \(row.longContext?.input),
                    \(row.longContext?.output), \(row.perGeneration), \(row.unit.rawValue), \(row.credits),
                    \(row.source))
            ON CONFLICT (model_id, effective_from) DO NOTHING
            RETURNING id
            """
        ) { (result) throws(PostgresError) in try result.next(Int.self) }.first
    }

    private func insertTiers(of price: Int, _ tiers: [PriceTier<Amount>]) throws(Failure) {
        try execute(
            """
            -- Store.loadTiers
            INSERT INTO price_tiers (price_id, min_quantity, tier, per_generation)
            SELECT \(price), one.min_quantity, one.tier, one.cost
            FROM unnest(\(tiers.map(\.minQuantity))::integer[], \(tiers.map(\.name))::text[],
                        \(tiers.map(\.cost))::numeric[]) AS one (min_quantity, tier, cost)
            """)
    }

    private func insertResolutions(of price: Int, _ resolutions: [ResolutionPrice<Amount>]) throws(Failure) {
        try execute(
            """
            -- Store.loadResolutions
            INSERT INTO price_resolutions (price_id, resolution, per_generation)
            SELECT \(price), one.resolution, one.cost
            FROM unnest(\(resolutions.map(\.resolution))::text[], \(resolutions.map(\.cost))::numeric[])
                 AS one (resolution, cost)
            """)
    }
}
