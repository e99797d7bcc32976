import Domain
import Postgres

extension Store {
    /// What a call to a model would cost, with every step of the way. Unknown provider or model: `.notFound`.
    package func explain(
        _ call: PlannedCall, model name: String, of slug: ProviderSlug
    ) throws(Failure) -> PriceExplanation {
        guard try countPrices(of: name, slug) > 0 else { return .unpriced }
        let found = try rows(Self.explain(call, model: name, of: slug)) { (row) throws(PostgresError) in
            PriceExplanation(
                version: PriceExplanation.Version(
                    id: try row.next(), effectiveFrom: try row.next(), currency: try row.next(), unit: try row.next()),
                rateSource: try row.nextOptional(String.self).flatMap(PriceExplanation.RateSource.init(rawValue:)),
                tier: try row.nextOptional(), meters: [], credits: try row.nextOptional(),
                total: try row.nextOptional())
        }.first
        guard let found, let version = found.version else { return .unpriced }
        return PriceExplanation(
            version: version, rateSource: found.rateSource, tier: found.tier, meters: try meters(call, version.id),
            credits: found.credits, total: found.total)
    }

    /// The source of the rate follows `unit_rate`.
    private static func explain(_ call: PlannedCall, model name: String, of slug: ProviderSlug) -> SQL {
        """
        -- Store.explain
        SELECT held.id, held.effective_from, held.currency, held.unit,
               CASE WHEN \(call.quantity)::numeric = 0 THEN NULL
                    WHEN EXISTS (
                        SELECT FROM price_resolutions r
                        WHERE r.price_id = held.id AND r.resolution = \(call.resolution)::text) THEN 'resolution'
                    WHEN tier.name IS NOT NULL THEN 'tier'
                    WHEN held.per_generation IS NOT NULL THEN 'plain' END,
               tier.name, trim_scale(\(call.quantity)::numeric * held.credits_per_generation),
               trim_scale(call_cost(held, \(call.quantity)::numeric, \(call.resolution)::text,
                                    \(call.promptTokens)::bigint, \(call.cachedTokens)::bigint,
                                    \(call.cacheWriteTokens)::bigint, \(call.completionTokens)::bigint))
        FROM providers p
        JOIN models m ON m.provider_id = p.id
        CROSS JOIN LATERAL price_at(m.id, \(call.at)::timestamptz) AS held
        LEFT JOIN LATERAL (
            SELECT t.tier AS name
            FROM price_tiers t
            WHERE t.price_id = held.id AND t.min_quantity <= \(call.quantity)::numeric
            ORDER BY t.min_quantity DESC
            LIMIT 1
        ) AS tier ON true
        WHERE p.slug = \(slug) AND m.name = \(name) AND m.name <> '*'
        """
    }

    /// What a version counts of a call: nothing of which nothing is used, and units only where they have a rate or nothing
    /// else is used. The rates of tokens follow `token_cost`: they depend on the length of the prompt.
    private func meters(_ call: PlannedCall, _ price: Int) throws(Failure) -> [PriceExplanation.Meter] {
        try rows(
            """
            -- Store.explainMeters
            SELECT meter.name, trim_scale(meter.quantity), trim_scale(meter.rate), meter.per,
                   trim_scale(meter.quantity * meter.rate * meter.share)
            FROM (
                SELECT one.unit || 's' AS unit, one.cached_input, one.cache_write,
                       unit_rate(one, \(call.quantity)::numeric, \(call.resolution)::text) AS generation,
                       CASE WHEN \(call.promptTokens)::bigint > one.above_tokens THEN one.above_input
                            ELSE one.input END AS input,
                       CASE WHEN \(call.promptTokens)::bigint > one.above_tokens THEN one.above_output
                            ELSE one.output END AS output
                FROM prices one
                WHERE one.id = \(price)
            ) AS rate
            CROSS JOIN LATERAL (
                VALUES
                    (1, rate.unit, \(call.quantity)::numeric, rate.generation, 1, 1::numeric),
                    (2, 'promptTokens',
                     \(call.promptTokens)::bigint - \(call.cachedTokens)::bigint - \(call.cacheWriteTokens)::bigint,
                     rate.input, 1000000, 0.000001),
                    (3, 'cachedTokens', \(call.cachedTokens)::bigint, coalesce(rate.cached_input, rate.input),
                     1000000, 0.000001),
                    (4, 'cacheWriteTokens', \(call.cacheWriteTokens)::bigint, coalesce(rate.cache_write, rate.input),
                     1000000, 0.000001),
                    (5, 'completionTokens', \(call.completionTokens)::bigint, rate.output, 1000000, 0.000001)
            ) AS meter (position, name, quantity, rate, per, share)
            WHERE meter.quantity > 0
              AND (meter.position > 1 OR meter.rate IS NOT NULL
                   OR \(call.promptTokens)::bigint + \(call.completionTokens)::bigint = 0)
            ORDER BY meter.position
            LIMIT 5
            """
        ) { (row) throws(PostgresError) in
            PriceExplanation.Meter(
                name: try row.next(), quantity: try row.next(), rate: try row.nextOptional(), per: try row.next(),
                amount: try row.nextOptional())
        }
    }
}

extension PriceExplanation {
    /// No price held at that moment.
    fileprivate static let unpriced = PriceExplanation(
        version: nil, rateSource: nil, tier: nil, meters: [], credits: nil, total: nil)
}
