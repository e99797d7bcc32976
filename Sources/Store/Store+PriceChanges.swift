import Domain
import Postgres

/// Who sets prices, why, and from when on they hold.
package struct PriceDecision: Sendable {
    package let by: String
    package let reason: String?
    /// Nil is now.
    package let effectiveFrom: Timestamp?

    package init(by: String, reason: String?, effectiveFrom: Timestamp?) {
        self.by = by
        self.reason = reason
        self.effectiveFrom = effectiveFrom
    }
}

extension Transaction {
    /// Holds models until the end of the transaction, so that their price versions follow one another. Returns the
    /// names of those that are there. In the order of their IDs, so that two bulk updates cannot wait for each other.
    package func lockModels(_ names: [String], of slug: ProviderSlug) throws(Failure) -> Set<String> {
        Set(
            try rows(
                """
                -- Store.lockModels
                SELECT m.name
                FROM models m
                JOIN providers p ON p.id = m.provider_id
                WHERE p.slug = \(slug) AND m.name = ANY(\(names)::text[]) AND m.name <> '*'
                ORDER BY m.id
                LIMIT 1000
                FOR NO KEY UPDATE OF m
                """
            ) { (row) throws(PostgresError) in try row.next(String.self) })
    }

    /// Makes a new price version for each of the changes, whose models are locked, each model once; all of them or
    /// none. A moment that another version of the model has already is moved on by microseconds, and a change from now on
    /// comes after those that were made before it, also when the clock has gone back meanwhile: the later change holds
    /// last. Amounts of another currency than the new one are not carried over: `.invalid`.
    package func setPrices(
        _ changes: [PriceChange], of slug: ProviderSlug, _ decision: PriceDecision, at now: Timestamp
    ) throws(Failure) -> [ChangedPrice] {
        let made = try rows(Self.setPrices(changes, of: slug, decision, at: now)) { (row) throws(PostgresError) in
            (
                price: ChangedPrice(
                    model: try row.next(), priceID: try row.next(), formerID: try row.nextOptional(),
                    effectiveFrom: try row.next(), before: try PriceFigures(row: &row),
                    after: try PriceFigures(row: &row)),
                mixesCurrencies: try row.next(Bool.self)
            )
        }
        guard made.count == changes.count else { throw .defect("\(made.count) of \(changes.count) prices were set") }
        for (change, one) in zip(changes, made) where one.mixesCurrencies {
            throw .invalid(
                change.place + ".currency",
                "cannot change while prices in \(one.price.before.currency ?? "another currency") are carried over")
        }
        return made.map(\.price)
    }

    /// What price versions have besides their figures, by their IDs.
    package func shapes(of prices: [Int]) throws(Failure) -> [Int: PriceShape] {
        let shapes = try rows(
            """
            -- Store.priceShapes
            SELECT one.id, one.unit,
                   coalesce((SELECT json_agg(json_build_object('tier', t.tier, 'minQuantity', t.min_quantity,
                                                               'costPerGeneration', trim_scale(t.per_generation))
                                             ORDER BY t.min_quantity)
                             FROM price_tiers t
                             WHERE t.price_id = one.id), '[]'),
                   coalesce((SELECT json_agg(json_build_object('resolution', r.resolution,
                                                               'costPerGeneration', trim_scale(r.per_generation))
                                             ORDER BY r.per_generation, r.resolution)
                             FROM price_resolutions r
                             WHERE r.price_id = one.id), '[]')
            FROM prices one
            WHERE one.id = ANY (\(prices)::bigint[])
            """
        ) { (row) throws(PostgresError) in
            (
                id: try row.next(Int.self),
                shape: PriceShape(unit: try row.next(), tiers: try row.next(), resolutions: try row.next())
            )
        }
        return Dictionary(shapes.map { ($0.id, $0.shape) }, uniquingKeysWith: { first, _ in first })
    }

    /// A tier from one unit on that cost what a single one did is that price by another name, and follows it.
    private static func setPrices(
        _ changes: [PriceChange], of slug: ProviderSlug, _ decision: PriceDecision, at now: Timestamp
    ) -> SQL {
        let tiers = changes.enumerated().flatMap { index, change in
            (change.tiers ?? []).map { (position: index + 1, tier: $0) }
        }
        let resolutions = changes.enumerated().flatMap { index, change in
            (change.resolutions ?? []).map { (position: index + 1, price: $0) }
        }
        return """
            -- Store.setPrices
            WITH change AS MATERIALIZED (
                SELECT named.position, named.name, named.cost, named.has_tiers, named.has_resolutions, m.id AS model_id,
                       free.moment, coalesce(named.currency, held.currency, p.currency) AS currency,
                       coalesce(named.unit, held.unit, 'generation') AS unit,
                       coalesce(named.credits, held.credits_per_generation) AS credits, held AS before
                FROM unnest(
                    \(changes.map(\.model))::text[], \(changes.map(\.perGeneration))::numeric[],
                    \(changes.map(\.credits))::numeric[], \(changes.map { $0.currency?.code })::text[],
                    \(changes.map { $0.unit?.rawValue })::text[], \(changes.map { $0.tiers != nil })::boolean[],
                    \(changes.map { $0.resolutions != nil })::boolean[]
                ) WITH ORDINALITY AS named (name, cost, credits, currency, unit, has_tiers, has_resolutions, position)
                JOIN providers p ON p.slug = \(slug)
                JOIN models m ON m.provider_id = p.id AND m.name = named.name
                CROSS JOIN LATERAL (
                    -- What was made for a later moment stays there.
                    SELECT greatest(\(now)::timestamptz, coalesce(\(decision.effectiveFrom)::timestamptz, (
                               SELECT max(one.effective_from)
                               FROM prices one
                               WHERE one.model_id = m.id
                                 AND one.effective_from < one.created_at + interval '1 second'))) AS moment
                ) AS wanted
                CROSS JOIN LATERAL (
                    SELECT min(candidate.moment) AS moment
                    FROM (
                        SELECT wanted.moment
                        UNION ALL
                        SELECT one.effective_from + interval '1 microsecond'
                        FROM prices one
                        WHERE one.model_id = m.id AND one.effective_from >= wanted.moment
                    ) AS candidate
                    WHERE NOT EXISTS (
                        SELECT FROM prices taken
                        WHERE taken.model_id = m.id AND taken.effective_from = candidate.moment)
                ) AS free
                LEFT JOIN LATERAL price_at(m.id, free.moment) AS held ON true
            ), added AS (
                INSERT INTO prices (model_id, effective_from, currency, input, output, cached_input, cache_write,
                                    above_tokens, above_input, above_output, per_generation, unit,
                                    credits_per_generation, source, reason, created_by, created_at)
                SELECT c.model_id, c.moment, c.currency, (c.before).input, (c.before).output, (c.before).cached_input,
                       (c.before).cache_write, (c.before).above_tokens, (c.before).above_input,
                       (c.before).above_output, c.cost, c.unit, c.credits, 'administrator', \(decision.reason)::text,
                       \(decision.by)::text, \(now)::timestamptz
                FROM change c
                ORDER BY c.position
                RETURNING id, model_id
            ), tiers AS (
                INSERT INTO price_tiers (price_id, min_quantity, tier, per_generation)
                SELECT a.id, named.min_quantity, named.tier, named.cost
                FROM unnest(
                    \(tiers.map(\.position))::bigint[], \(tiers.map(\.tier.minQuantity))::integer[],
                    \(tiers.map(\.tier.name))::text[], \(tiers.map(\.tier.cost))::numeric[]
                ) AS named (position, min_quantity, tier, cost)
                JOIN change c ON c.position = named.position
                JOIN added a ON a.model_id = c.model_id
                UNION ALL
                SELECT a.id, kept.min_quantity, kept.tier,
                       CASE WHEN kept.min_quantity = 1 AND kept.per_generation = (c.before).per_generation THEN c.cost
                            ELSE kept.per_generation END
                FROM change c
                JOIN added a ON a.model_id = c.model_id
                JOIN price_tiers kept ON kept.price_id = (c.before).id
                WHERE NOT c.has_tiers
            ), resolutions AS (
                INSERT INTO price_resolutions (price_id, resolution, per_generation)
                SELECT a.id, named.resolution, named.cost
                FROM unnest(
                    \(resolutions.map(\.position))::bigint[], \(resolutions.map(\.price.resolution))::text[],
                    \(resolutions.map(\.price.cost))::numeric[]
                ) AS named (position, resolution, cost)
                JOIN change c ON c.position = named.position
                JOIN added a ON a.model_id = c.model_id
                UNION ALL
                SELECT a.id, kept.resolution, kept.per_generation
                FROM change c
                JOIN added a ON a.model_id = c.model_id
                JOIN price_resolutions kept ON kept.price_id = (c.before).id
                WHERE NOT c.has_resolutions
            )
            SELECT c.name, a.id, (c.before).id, c.moment, trim_scale((c.before).per_generation),
                   trim_scale((c.before).credits_per_generation), (c.before).currency, trim_scale(c.cost),
                   trim_scale(c.credits), c.currency,
                   c.currency IS DISTINCT FROM coalesce((c.before).currency, c.currency) AND (
                       num_nonnulls((c.before).input, (c.before).output, (c.before).cached_input,
                                    (c.before).cache_write, (c.before).above_input, (c.before).above_output) > 0
                       OR NOT c.has_tiers AND EXISTS (
                           SELECT FROM price_tiers kept WHERE kept.price_id = (c.before).id)
                       OR NOT c.has_resolutions AND EXISTS (
                           SELECT FROM price_resolutions kept WHERE kept.price_id = (c.before).id))
            FROM change c
            JOIN added a ON a.model_id = c.model_id
            ORDER BY c.position
            """
    }
}
