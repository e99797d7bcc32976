import Domain
import Postgres

extension PriceVersion {
    init(row: inout Row) throws(PostgresError) {
        self.init(
            id: try row.next(), before: try PriceFigures(row: &row), after: try PriceFigures(row: &row),
            createdBy: try row.nextOptional(), createdAt: try row.next(), reason: try row.nextOptional())
    }
}

extension Store {
    /// A model's price versions, the one that holds last first, each with the one that held before it. Unknown
    /// provider or model: `.notFound`.
    package func priceHistory(
        of name: String, _ slug: ProviderSlug, _ page: Page
    ) throws(Failure) -> Slice<PriceVersion> {
        let total = try countPrices(of: name, slug)
        let query = Self.history(of: name, slug, limit: page.limit, offset: page.offset)
        return Slice(rows: try rows(query, PriceVersion.init(row:)), total: total)
    }

    /// All of them, one after the other.
    package func eachPrice(
        of name: String, _ slug: ProviderSlug, _ body: (PriceVersion) throws(Failure) -> Void
    ) throws(Failure) {
        try each(Self.history(of: name, slug, limit: nil, offset: 0), PriceVersion.init(row:), body)
    }

    /// How many versions a model's price has. Unknown provider or model: `.notFound`.
    package func countPrices(of name: String, _ slug: ProviderSlug) throws(Failure) -> Int {
        let count = try rows(
            """
            -- Store.countPrices
            SELECT (SELECT count(*) FROM prices one WHERE one.model_id = m.id)
            FROM models m
            JOIN providers p ON p.id = m.provider_id
            WHERE p.slug = \(slug) AND m.name = \(name) AND m.name <> '*'
            """
        ) { (row) throws(PostgresError) in try row.next(Int.self) }.first
        if let count { return count }
        _ = try provider(slug)
        throw .notFound("Model")
    }

    private static func history(of name: String, _ slug: ProviderSlug, limit: Int?, offset: Int) -> SQL {
        """
        -- Store.priceHistory
        SELECT one.id, trim_scale(lag(one.per_generation) OVER earlier),
               trim_scale(lag(one.credits_per_generation) OVER earlier), lag(one.currency) OVER earlier,
               trim_scale(one.per_generation), trim_scale(one.credits_per_generation), one.currency,
               one.created_by, one.created_at, one.reason
        FROM providers p
        JOIN models m ON m.provider_id = p.id
        JOIN prices one ON one.model_id = m.id
        WHERE p.slug = \(slug) AND m.name = \(name) AND m.name <> '*'
        WINDOW earlier AS (ORDER BY one.effective_from)
        ORDER BY one.effective_from DESC
        LIMIT \(limit)::bigint
        OFFSET \(offset)
        """
    }
}
