import Domain
import Postgres
import Sandbox

extension Transaction {
    /// Which of the providers, all of them where none is named, have requests or ledger entries already.
    package func providersWithTraffic(among slugs: [String]) throws(Failure) -> [String] {
        try rows(
            """
            -- Store.providersWithTraffic
            SELECT p.slug
            FROM providers p
            WHERE (cardinality(\(slugs)::text[]) = 0 OR p.slug = ANY (\(slugs)::text[]))
              AND (EXISTS (SELECT FROM requests r WHERE r.provider_id = p.id)
                   OR EXISTS (SELECT FROM credit_accounts a WHERE a.provider_id = p.id)
                   OR EXISTS (SELECT FROM usage_rollups u WHERE u.provider_id = p.id))
            ORDER BY p.slug
            LIMIT 1000
            """
        ) { (row) throws(PostgresError) in try row.next(String.self) }
    }

    /// Takes all traffic away from the providers, with usage, ledger, checks and alerts: for a sandbox only, whose owner
    /// of the tables may do what no server may. Price versions stay.
    package func removeTraffic(of slugs: [String]) throws(Failure) {
        try execute(
            """
            -- Store.removeTraffic
            WITH gone AS MATERIALIZED (
                SELECT id
                FROM providers
                WHERE slug = ANY (\(slugs)::text[])
            ), calls AS (
                DELETE FROM requests WHERE provider_id IN (SELECT id FROM gone) RETURNING id
            ), payloads AS (
                DELETE FROM request_payloads WHERE request_id IN (SELECT id FROM calls)
            ), keys AS (
                DELETE FROM request_keys WHERE provider_id IN (SELECT id FROM gone)
            ), tail AS (
                DELETE FROM usage_tail WHERE provider_id IN (SELECT id FROM gone)
            ), rollups AS (
                DELETE FROM usage_rollups WHERE provider_id IN (SELECT id FROM gone)
            ), owners AS (
                DELETE FROM usage_by_owner WHERE provider_id IN (SELECT id FROM gone)
            ), entries AS (
                DELETE FROM credit_transactions
                WHERE account_id IN (SELECT a.id FROM credit_accounts a WHERE a.provider_id IN (SELECT id FROM gone))
            ), said AS (
                DELETE FROM provider_balances WHERE provider_id IN (SELECT id FROM gone)
            ), checks AS (
                DELETE FROM health_checks WHERE provider_id IN (SELECT id FROM gone)
            ), alarms AS (
                DELETE FROM alerts WHERE provider_id IN (SELECT id FROM gone)
            )
            DELETE FROM credit_accounts
            WHERE provider_id IN (SELECT id FROM gone)
            """)
    }

    /// Lets the two first models of each media provider become a fifth dearer after a third of the period, and cost
    /// what they did before after two thirds; the first one then has a discount for a hundred and more at once.
    package func addSamplePrices(_ plan: SamplePlan, among slugs: [String]) throws(Failure) {
        let third = (plan.end.microseconds - plan.start.microseconds) / 3
        let (first, second) = (plan.start.microseconds + third, plan.start.microseconds + 2 * third)
        try addSamplePrices(Timestamp(microseconds: first), "1.2", "The provider raised its prices", slugs)
        try addSamplePrices(Timestamp(microseconds: second), "0", "The provider took the rise back", slugs)
    }

    /// Adds a version that costs `factor` times the oldest one, which with the factor 0 is that one again.
    private func addSamplePrices(
        _ moment: Timestamp, _ factor: String, _ reason: String, _ slugs: [String]
    ) throws(Failure) {
        try execute(
            """
            -- Store.addSamplePrices
            WITH base AS (
                SELECT DISTINCT ON (m.id) v.*, row_number() OVER (PARTITION BY m.provider_id ORDER BY m.id) AS rank
                FROM prices v
                JOIN models m ON m.id = v.model_id
                JOIN providers p ON p.id = m.provider_id
                WHERE p.kind = 'media' AND v.per_generation > 0 AND v.effective_from < \(moment)::timestamptz
                  AND (cardinality(\(slugs)::text[]) = 0 OR p.slug = ANY (\(slugs)::text[]))
                ORDER BY m.id, v.effective_from
            ), made AS (
                INSERT INTO prices (model_id, effective_from, currency, input, output, cached_input, cache_write,
                                    above_tokens, above_input, above_output, unit, per_generation,
                                    credits_per_generation, source, reason, created_by)
                SELECT model_id, \(moment)::timestamptz, currency, input, output, cached_input, cache_write,
                       above_tokens, above_input, above_output, unit,
                       CASE \(factor)::numeric
                           WHEN 0 THEN per_generation
                           ELSE round(per_generation * \(factor)::numeric, 4)
                       END,
                       credits_per_generation, 'sample', \(reason), 'sandbox'
                FROM base
                WHERE rank <= 2
                ON CONFLICT (model_id, effective_from) DO NOTHING
                RETURNING id, model_id
            ), tiers AS (
                INSERT INTO price_tiers (price_id, min_quantity, tier, per_generation)
                SELECT made.id, t.min_quantity, t.tier,
                       CASE \(factor)::numeric
                           WHEN 0 THEN t.per_generation
                           ELSE round(t.per_generation * \(factor)::numeric, 4)
                       END
                FROM made
                JOIN base ON base.model_id = made.model_id
                JOIN price_tiers t ON t.price_id = base.id
                UNION ALL
                SELECT made.id, offered.min_quantity, offered.tier, round(base.per_generation * offered.share, 4)
                FROM made
                JOIN base ON base.model_id = made.model_id
                CROSS JOIN (VALUES (1, 'standard', 1.0), (100, 'bulk', 0.8)) AS offered (min_quantity, tier, share)
                WHERE \(factor)::numeric = 0 AND base.rank = 1 AND base.unit = 'generation'
                  AND NOT EXISTS (SELECT FROM price_tiers t WHERE t.price_id = base.id)
            )
            INSERT INTO price_resolutions (price_id, resolution, per_generation)
            SELECT made.id, r.resolution,
                   CASE \(factor)::numeric
                       WHEN 0 THEN r.per_generation
                       ELSE round(r.per_generation * \(factor)::numeric, 4)
                   END
            FROM made
            JOIN base ON base.model_id = made.model_id
            JOIN price_resolutions r ON r.price_id = base.id
            """)
    }

    /// The five first models of each provider that have had a price since the period began, the default model first.
    package func sampleOffers(_ plan: SamplePlan, among slugs: [String]) throws(Failure) -> [Offer] {
        let units = try sampleUnits()
        let found = try rows(
            """
            -- Store.sampleOffers
            WITH offered AS (
                SELECT m.id, p.id AS provider_id, p.slug, p.kind = 'media' AS is_media, m.name, m.kind, p.position,
                       row_number() OVER (
                           PARTITION BY p.id
                           ORDER BY (m.name = p.default_model) DESC NULLS LAST, m.id) AS rank
                FROM models m
                JOIN providers p ON p.id = m.provider_id
                WHERE m.is_active AND coalesce(m.retired_at > \(plan.end)::timestamptz, true) AND m.name <> '*'
                  AND m.kind IN ('chat', 'image', 'video', 'audio')
                  AND (cardinality(\(slugs)::text[]) = 0 OR p.slug = ANY (\(slugs)::text[]))
                  AND EXISTS (
                      SELECT
                      FROM prices v
                      WHERE v.model_id = m.id AND v.effective_from <= \(plan.start)::timestamptz
                        AND CASE WHEN p.kind = 'media' THEN v.per_generation IS NOT NULL
                                 ELSE v.input IS NOT NULL AND v.output IS NOT NULL END)
            )
            SELECT o.provider_id, o.slug, o.is_media, o.name, o.kind, v.id, v.effective_from, v.currency,
                   trim_scale(v.input), trim_scale(v.output)
            FROM offered o
            JOIN prices v ON v.model_id = o.id
            WHERE o.rank <= 5
            ORDER BY o.position, o.slug, o.rank, v.effective_from
            LIMIT 10000
            """
        ) { (row) throws(PostgresError) in
            let offer = (
                provider: try row.next(String.self), slug: try row.next(String.self), isMedia: try row.next(Bool.self),
                model: try row.next(String.self), kind: try row.next(String.self)
            )
            let id = try row.next(Int.self)
            let version = PriceVersion(
                id: id, effectiveFrom: try row.next(), currency: try row.next(),
                input: try row.nextOptional(String.self).flatMap { Rate($0) },
                output: try row.nextOptional(String.self).flatMap { Rate($0) }, units: units[id] ?? [])
            return (offer: offer, version: version)
        }
        var offers: [Offer] = []
        for (offer, version) in found {
            var versions = [version]
            if let last = offers.last, last.slug == offer.slug, last.model == offer.model {
                versions = last.versions + versions
                offers.removeLast()
            }
            offers.append(
                Offer(
                    providerID: offer.provider, slug: offer.slug, isMedia: offer.isMedia, model: offer.model,
                    kind: offer.kind, versions: versions))
        }
        return offers
    }

    /// What generations cost under each price version, in the usual sizes, by the same function that prices calls.
    private func sampleUnits() throws(Failure) -> [Int: [UnitPrice]] {
        let found = try rows(
            """
            -- Store.sampleUnits
            SELECT v.id, size.quantity, chosen.resolution, trim_scale(unit_rate(v, size.quantity, chosen.resolution))
            FROM prices v
            CROSS JOIN LATERAL (
                SELECT r.resolution
                FROM price_resolutions r
                WHERE r.price_id = v.id
                UNION ALL
                SELECT NULL
                WHERE v.per_generation IS NOT NULL
            ) AS chosen
            CROSS JOIN LATERAL unnest(
                CASE v.unit WHEN 'second' THEN ARRAY[5, 10] ELSE ARRAY[1, 1, 1, 2, 4] END) AS size (quantity)
            WHERE v.per_generation IS NOT NULL
            ORDER BY v.id, chosen.resolution NULLS FIRST, size.quantity
            LIMIT 100000
            """
        ) { (row) throws(PostgresError) in
            (
                id: try row.next(Int.self), quantity: try row.next(Int.self),
                resolution: try row.nextOptional(String.self),
                rate: try row.next(String.self)
            )
        }
        var units: [Int: [UnitPrice]] = [:]
        for unit in found {
            guard let rate = Rate(unit.rate) else { continue }
            units[unit.id, default: []].append(
                UnitPrice(quantity: unit.quantity, resolution: unit.resolution, rate: rate))
        }
        return units
    }
}
