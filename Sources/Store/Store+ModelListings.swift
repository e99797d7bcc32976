import Domain
import Postgres

extension Store {
    /// When the provider was last asked which models it has; nil for never. Unknown slug: `.notFound`.
    package func modelsListedAt(_ slug: ProviderSlug) throws(Failure) -> Timestamp? {
        try one(
            "Provider",
            """
            -- Store.modelsListedAt
            SELECT models_listed_at
            FROM providers
            WHERE slug = \(slug)
            """
        ) { (row) throws(PostgresError) in try row.nextOptional(Timestamp.self) }
    }
}

extension Transaction {
    /// Notes which models the provider has by its own list. Those that the catalogue does not have are added, switched
    /// off, where it is known what they make.
    package func noteModels(_ listings: [ModelListing], of slug: ProviderSlug, at now: Timestamp) throws(Failure) {
        try lockProvider(slug)
        try execute(
            """
            -- Store.noteListedModels
            UPDATE models m
            SET listed_at = \(now)::timestamptz
            FROM providers p
            WHERE p.slug = \(slug) AND m.provider_id = p.id AND m.name <> '*'
              AND coalesce(m.vendor_name, m.name) = ANY (\(listings.map(\.vendorName))::text[])
            """)
        let classified = listings.filter { $0.kind != nil }
        try execute(
            """
            -- Store.addListedModels
            INSERT INTO models AS m (provider_id, name, display_name, kind, is_active, listed_at)
            SELECT DISTINCT ON (one.name) p.id, one.name, one.display_name, one.kind, false, \(now)::timestamptz
            FROM providers p
            CROSS JOIN unnest(\(classified.map(\.vendorName))::text[], \(classified.map(\.displayName))::text[],
                              \(classified.map { $0.kind?.rawValue ?? "" })::text[]) AS one (name, display_name, kind)
            WHERE p.slug = \(slug)
              AND NOT EXISTS (
                  SELECT 1
                  FROM models known
                  WHERE known.provider_id = p.id AND coalesce(known.vendor_name, known.name) = one.name)
            ORDER BY one.name
            ON CONFLICT (provider_id, name) DO NOTHING
            """)
        try execute(
            """
            -- Store.noteListing
            UPDATE providers
            SET models_listed_at = \(now)::timestamptz
            WHERE slug = \(slug)
            """)
    }

    /// In what the provider's list differs from the catalogue, by name. Changes nothing.
    package func differences(
        of listings: [ModelListing], of slug: ProviderSlug, at now: Timestamp
    ) throws(Failure) -> [ListingDifference] {
        let priced = listings.map(\.price)
        return try rows(
            """
            -- Store.listingDifferences
            SELECT coalesce(m.name, one.name), m.id IS NULL, one.kind IS NULL,
                   held.created_by IS NOT NULL,
                   EXISTS (SELECT FROM price_tiers t WHERE t.price_id = held.id)
                       OR EXISTS (SELECT FROM price_resolutions r WHERE r.price_id = held.id),
                   trim_scale(held.per_generation), held.unit, held.currency,
                   trim_scale(one.amount), one.unit, one.currency
            FROM providers p
            CROSS JOIN unnest(\(listings.map(\.vendorName))::text[], \(listings.map { $0.kind?.rawValue })::text[],
                              \(priced.map { $0?.amount.text })::numeric[],
                              \(priced.map { $0?.unit.rawValue })::text[],
                              \(priced.map { $0?.currency })::text[]) AS one (name, kind, amount, unit, currency)
            LEFT JOIN models m
                ON m.provider_id = p.id AND m.name <> '*' AND coalesce(m.vendor_name, m.name) = one.name
            LEFT JOIN LATERAL price_at(m.id, \(now)::timestamptz) AS held ON true
            WHERE p.slug = \(slug)
              AND (m.id IS NULL
                   OR one.amount IS NOT NULL
                      AND (held.per_generation, held.unit, held.currency)
                          IS DISTINCT FROM (one.amount, one.unit, one.currency))
            ORDER BY coalesce(m.name, one.name) COLLATE "C"
            LIMIT 100000
            """, ListingDifference.init(row:))
    }

    /// Adds a version for every model whose price is `.priced` or that was `.added` with one; how many. Rates by tokens
    /// stay as they were.
    package func addPublishedPrices(
        _ differences: [ListingDifference], of slug: ProviderSlug, at now: Timestamp
    ) throws(Failure) -> Int {
        let changed = differences.filter { [.priced, .added].contains($0.change) && $0.after != nil }
        return try execute(
            """
            -- Store.addPublishedPrices
            INSERT INTO prices (model_id, effective_from, currency, input, output, cached_input, cache_write,
                                above_tokens, above_input, above_output, per_generation, unit,
                                credits_per_generation, source)
            SELECT m.id, \(now)::timestamptz, one.currency, held.input, held.output, held.cached_input,
                   held.cache_write, held.above_tokens, held.above_input, held.above_output, one.amount, one.unit,
                   held.credits_per_generation, 'sync'
            FROM providers p
            CROSS JOIN unnest(\(changed.map(\.model))::text[],
                              \(changed.map { $0.after?.amount.text })::numeric[],
                              \(changed.map { $0.after?.unit.rawValue })::text[],
                              \(changed.map { $0.after?.currency })::text[]) AS one (name, amount, unit, currency)
            JOIN models m ON m.provider_id = p.id AND m.name = one.name
            LEFT JOIN LATERAL price_at(m.id, \(now)::timestamptz) AS held ON true
            WHERE p.slug = \(slug)
            ON CONFLICT (model_id, effective_from) DO NOTHING
            """)
    }
}

extension ListingDifference {
    fileprivate init(row: inout Row) throws(PostgresError) {
        let model: String = try row.next()
        let isNew: Bool = try row.next()
        let isUnclassified: Bool = try row.next()
        let isByHand: Bool = try row.next()
        let isTiered: Bool = try row.next()
        let change: Change =
            if isNew { isUnclassified ? .unclassified : .added } else if isByHand { .keptByHand } else if isTiered {
                .keptTiered
            } else { .priced }
        self.init(
            model: model, change: change, before: try ModelListing.Price(optional: &row),
            after: try ModelListing.Price(optional: &row))
    }
}

extension ModelListing.Price {
    fileprivate init?(optional row: inout Row) throws(PostgresError) {
        let amount = try row.nextOptional(ExactDecimalSum.self)
        let unit = try row.nextOptional(String.self).flatMap(PriceUnit.init)
        let currency = try row.nextOptional(String.self)
        guard let amount, let unit, let currency else { return nil }
        self.init(amount: amount, unit: unit, currency: currency)
    }
}
