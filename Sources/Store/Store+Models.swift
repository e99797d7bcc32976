import Domain
import Postgres

extension PricedModel {
    /// The columns of `modelColumns`.
    init(row: inout Row) throws(PostgresError) {
        let name: String = try row.next()
        let displayName: String = try row.next()
        let version: String = try row.next()
        self.init(
            name: name, displayName: displayName, version: version, price: try PriceFigures(row: &row),
            isActive: try row.next(), lastUpdated: try row.next())
    }
}

extension PriceFigures {
    init(row: inout Row) throws(PostgresError) {
        self.init(
            perGeneration: try row.nextOptional(), credits: try row.nextOptional(), currency: try row.nextOptional())
    }
}

extension SQL.StringInterpolation {
    /// Of the tables p (providers), m (models) and held (the price that holds, or NULLs).
    fileprivate mutating func appendInterpolation(modelColumnsAt now: Timestamp) {
        appendLiteral(
            """
            m.name, m.display_name, m.version, trim_scale(held.per_generation),
            trim_scale(held.credits_per_generation), coalesce(held.currency, p.currency),
            m.is_active AND (m.retired_at IS NULL OR m.retired_at >
            """)
        appendLiteral(" ")
        appendInterpolation(now)
        appendLiteral("::timestamptz), greatest(m.updated_at, held.created_at, held.effective_from)")
    }
}

extension Store {
    /// A provider's models with the prices of `now`, newest first, those that came together in the catalogue's order;
    /// its line for every other model is none of them. Unknown slug: `.notFound`.
    package func models(
        of slug: ProviderSlug, activeOnly: Bool, at now: Timestamp, _ page: Page
    ) throws(Failure) -> Slice<PricedModel> {
        let total = try one(
            "Provider",
            """
            -- Store.countModels
            SELECT count(m.id)
            FROM providers p
            LEFT JOIN models m
                ON m.provider_id = p.id AND m.name <> '*'
                AND (NOT \(activeOnly) OR m.is_active AND (m.retired_at IS NULL OR m.retired_at > \(now)::timestamptz))
            WHERE p.slug = \(slug)
            GROUP BY p.id
            """
        ) { (row) throws(PostgresError) in try row.next(Int.self) }
        let query = Self.models(of: slug, activeOnly: activeOnly, at: now, limit: page.limit, offset: page.offset)
        return Slice(rows: try rows(query, PricedModel.init(row:)), total: total)
    }

    /// All of them, one after the other.
    package func eachModel(
        of slug: ProviderSlug, activeOnly: Bool, at now: Timestamp, _ body: (PricedModel) throws(Failure) -> Void
    ) throws(Failure) {
        try each(
            Self.models(of: slug, activeOnly: activeOnly, at: now, limit: nil, offset: 0), PricedModel.init(row:), body)
    }

    private static func models(
        of slug: ProviderSlug, activeOnly: Bool, at now: Timestamp, limit: Int?, offset: Int
    ) -> SQL {
        """
        -- Store.models
        SELECT \(modelColumnsAt: now)
        FROM providers p
        JOIN models m ON m.provider_id = p.id
        LEFT JOIN LATERAL price_at(m.id, \(now)::timestamptz) AS held ON true
        WHERE p.slug = \(slug) AND m.name <> '*'
          AND (NOT \(activeOnly) OR m.is_active AND (m.retired_at IS NULL OR m.retired_at > \(now)::timestamptz))
        ORDER BY m.created_at DESC, m.id
        LIMIT \(limit)::bigint
        OFFSET \(offset)
        """
    }

    /// A model with the price of `now`. Unknown provider or model: `.notFound`.
    package func model(_ name: String, of slug: ProviderSlug, at now: Timestamp) throws(Failure) -> ModelDetail {
        let known = try rows(Self.model(name, of: slug, at: now)) { (row) throws(PostgresError) in
            (model: try PricedModel(row: &row), state: try PriceState(row: &row))
        }.first
        guard let known else {
            _ = try provider(slug)
            throw .notFound("Model")
        }
        guard let held = known.state.held else {
            return ModelDetail(model: known.model, state: known.state, tiers: [], resolutions: [])
        }
        return ModelDetail(
            model: known.model, state: known.state, tiers: try tiers(of: held), resolutions: try resolutions(of: held))
    }

    fileprivate static func model(_ name: String, of slug: ProviderSlug, at now: Timestamp) -> SQL {
        """
        -- Store.model
        SELECT \(modelColumnsAt: now), held.id,
               (SELECT max(one.id) FROM prices one WHERE one.model_id = m.id)
        FROM providers p
        JOIN models m ON m.provider_id = p.id
        LEFT JOIN LATERAL price_at(m.id, \(now)::timestamptz) AS held ON true
        WHERE p.slug = \(slug) AND m.name = \(name) AND m.name <> '*'
        """
    }

    private func tiers(of price: Int) throws(Failure) -> [PriceTier<ExactDecimalSum>] {
        try rows(
            """
            -- Store.priceTiers
            SELECT tier, min_quantity, trim_scale(per_generation)
            FROM price_tiers
            WHERE price_id = \(price)
            ORDER BY min_quantity
            """
        ) { (row) throws(PostgresError) in
            PriceTier(name: try row.next(), minQuantity: try row.next(), cost: try row.next())
        }
    }

    private func resolutions(of price: Int) throws(Failure) -> [ResolutionPrice<ExactDecimalSum>] {
        try rows(
            """
            -- Store.priceResolutions
            SELECT resolution, trim_scale(per_generation)
            FROM price_resolutions
            WHERE price_id = \(price)
            ORDER BY per_generation, resolution
            """
        ) { (row) throws(PostgresError) in ResolutionPrice(resolution: try row.next(), cost: try row.next()) }
    }
}

extension Transaction {
    /// As `Store.model`, without tiers and resolutions, with what this transaction has changed.
    package func model(
        _ name: String, of slug: ProviderSlug, at now: Timestamp
    ) throws(Failure) -> (model: PricedModel, state: PriceState) {
        try one("Model", Store.model(name, of: slug, at: now)) { (row) throws(PostgresError) in
            (model: try PricedModel(row: &row), state: try PriceState(row: &row))
        }
    }
}

extension PriceState {
    init(row: inout Row) throws(PostgresError) {
        self.init(held: try row.nextOptional(), newest: try row.nextOptional(Int.self) ?? 0)
    }
}
