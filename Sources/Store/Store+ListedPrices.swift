import Domain
import JSON
import Postgres

extension Transaction {
    /// In what the provider's list differs from the catalogue, by name. Changes nothing, but holds the provider, so
    /// that nobody else takes over the same list.
    package func differences(
        of listings: [ModelListing], isComplete: Bool, of slug: ProviderSlug, at now: Timestamp
    ) throws(Failure) -> [ListingDifference] {
        try lockProvider(slug)
        let comings = try comingsAndGoings(listings.map(\.vendorName), isComplete, slug, now)
        let found = try rows(Self.priceDifferences(listings, slug, now), ListingDifference.init(row:))
        return (comings + found).sorted { $0.model.utf8.lexicographicallyPrecedes($1.model.utf8) }
    }

    /// What tokens cost a model that makes pictures or sound is only told where the price of one is known: it alone would
    /// make them look cheap.
    private static func priceDifferences(_ listings: [ModelListing], _ slug: ProviderSlug, _ now: Timestamp) -> SQL {
        """
        -- Store.listingDifferences
        SELECT coalesce(m.name, one.name), m.id IS NULL, one.kind IS NULL,
               held.created_by IS NOT NULL,
               EXISTS (SELECT FROM price_tiers t WHERE t.price_id = held.id)
                   OR EXISTS (SELECT FROM price_resolutions r WHERE r.price_id = held.id),
               meter.is_tokens,
               held.currency, trim_scale(held.per_generation), held.unit, trim_scale(held.input)::text,
               trim_scale(held.output)::text, trim_scale(held.cached_input)::text, trim_scale(held.cache_write)::text,
               held.above_tokens, trim_scale(held.above_input)::text, trim_scale(held.above_output)::text,
               one.currency, trim_scale(one.amount), one.unit, trim_scale(one.input)::text,
               trim_scale(one.output)::text, trim_scale(one.cached_input)::text, trim_scale(one.cache_write)::text,
               one.above_tokens, trim_scale(one.above_input)::text, trim_scale(one.above_output)::text
        FROM providers p
        CROSS JOIN json_to_recordset(\(listings.recordset)::json) AS \(literal: ModelListing.record)
        LEFT JOIN models m
            ON m.provider_id = p.id AND m.name <> '*' AND coalesce(m.vendor_name, m.name) = one.name
        LEFT JOIN LATERAL price_at(m.id, \(now)::timestamptz) AS held ON true
        CROSS JOIN LATERAL (
            SELECT one.input IS NOT NULL
                       AND (coalesce(m.kind, one.kind) IN ('chat', 'embedding') OR held.per_generation IS NOT NULL)
                       AS is_tokens
        ) AS meter
        WHERE p.slug = \(slug)
          AND (m.id IS NULL
               OR one.amount IS NOT NULL
                  AND (held.per_generation, held.unit, held.currency)
                      IS DISTINCT FROM (one.amount, one.unit, one.currency)
               OR meter.is_tokens
                  AND (held.input, held.output, held.cached_input, held.cache_write, held.above_tokens,
                       held.above_input, held.above_output, held.currency)
                      IS DISTINCT FROM
                      (one.input, one.output, one.cached_input, one.cache_write, one.above_tokens,
                       one.above_input, one.above_output, one.currency))
        LIMIT 100000
        """
    }

    private func comingsAndGoings(
        _ names: [String], _ isComplete: Bool, _ slug: ProviderSlug, _ now: Timestamp
    ) throws(Failure) -> [ListingDifference] {
        try rows(
            """
            -- Store.listingComingsAndGoings
            SELECT m.name, m.retired_at <= \(now)::timestamptz
            FROM models m
            JOIN providers p ON p.id = m.provider_id
            WHERE p.slug = \(slug) AND m.name <> '*' AND m.listed_at IS NOT NULL
              AND CASE
                      WHEN coalesce(m.vendor_name, m.name) = ANY (\(names)::text[])
                          THEN m.retired_at > m.listed_at AND m.retired_at <= \(now)::timestamptz
                      ELSE \(isComplete)::boolean AND (m.retired_at IS NULL OR m.retired_at > \(now)::timestamptz)
                  END
            LIMIT 100000
            """
        ) { (row) throws(PostgresError) in
            let model: String = try row.next()
            let isRetired = try row.nextOptional(Bool.self) ?? false
            return ListingDifference(model: model, change: isRetired ? .returned : .vanished, before: nil, after: nil)
        }
    }

    /// Adds a version for every model whose price is `.priced` or that was `.added` with one; how many. What the
    /// provider does not publish stays as it was: rates by tokens beside a price by units, and the reverse.
    package func addPublishedPrices(
        _ differences: [ListingDifference], of slug: ProviderSlug, at now: Timestamp
    ) throws(Failure) -> Int {
        let changed = differences.filter { [.priced, .added].contains($0.change) }.compactMap { difference in
            difference.after.map {
                ModelListing(vendorName: difference.model, displayName: difference.model, kind: nil, price: $0)
            }
        }
        return try execute(
            """
            -- Store.addPublishedPrices
            INSERT INTO prices (model_id, effective_from, currency, input, output, cached_input, cache_write,
                                above_tokens, above_input, above_output, per_generation, unit,
                                credits_per_generation, source)
            SELECT m.id, \(now)::timestamptz, one.currency,
                   CASE WHEN meter.is_tokens THEN one.input ELSE held.input END,
                   CASE WHEN meter.is_tokens THEN one.output ELSE held.output END,
                   CASE WHEN meter.is_tokens THEN one.cached_input ELSE held.cached_input END,
                   CASE WHEN meter.is_tokens THEN one.cache_write ELSE held.cache_write END,
                   CASE WHEN meter.is_tokens THEN one.above_tokens ELSE held.above_tokens END,
                   CASE WHEN meter.is_tokens THEN one.above_input ELSE held.above_input END,
                   CASE WHEN meter.is_tokens THEN one.above_output ELSE held.above_output END,
                   coalesce(one.amount, held.per_generation), coalesce(one.unit, held.unit, 'generation'),
                   held.credits_per_generation, 'sync'
            FROM providers p
            CROSS JOIN json_to_recordset(\(changed.recordset)::json) AS \(literal: ModelListing.record)
            CROSS JOIN LATERAL (SELECT one.input IS NOT NULL AS is_tokens) AS meter
            JOIN models m ON m.provider_id = p.id AND m.name = one.name
            -- Amounts of another currency are not carried over.
            LEFT JOIN LATERAL (
                SELECT *
                FROM price_at(m.id, \(now)::timestamptz) AS newest
                WHERE newest.currency = one.currency
            ) AS held ON true
            WHERE p.slug = \(slug)
            ON CONFLICT (model_id, effective_from) DO NOTHING
            """)
    }
}

extension ModelListing {
    /// The columns of `recordset`.
    static let record: StaticString = """
        one (name text, display_name text, kind text, context_tokens integer, currency text, amount numeric, unit text,
             input numeric, output numeric, cached_input numeric, cache_write numeric, above_tokens integer,
             above_input numeric, above_output numeric)
        """

    fileprivate func write(to json: inout JSONWriter) {
        json.field("name", vendorName)
        json.field("display_name", displayName)
        json.field("kind", kind?.rawValue)
        json.field("context_tokens", contextTokens)
        switch price {
        case .units(let amount, let unit, let currency):
            json.field("currency", currency)
            json.field("amount", number: amount.text)
            json.field("unit", unit.rawValue)
        case .tokens(let rates, let currency):
            json.field("currency", currency)
            json.field("input", number: rates.input.text)
            json.field("output", number: rates.output.text)
            json.field("cached_input", number: rates.cachedInput?.text)
            json.field("cache_write", number: rates.cacheWrite?.text)
            json.field("above_tokens", rates.longContext?.aboveTokens)
            json.field("above_input", number: rates.longContext?.input.text)
            json.field("above_output", number: rates.longContext?.output.text)
        case nil: break
        }
    }
}

extension [ModelListing] {
    /// For `json_to_recordset`: PostgreSQL takes the numbers as they are written.
    var recordset: String {
        var json = JSONWriter()
        json.array(self) { json, listing in json.object { listing.write(to: &$0) } }
        return String(decoding: json.bytes, as: UTF8.self)
    }
}

extension ListingDifference {
    fileprivate init(row: inout Row) throws(PostgresError) {
        let model: String = try row.next()
        let isNew: Bool = try row.next()
        let isUnclassified: Bool = try row.next()
        let isByHand: Bool = try row.next()
        let isTiered: Bool = try row.next()
        let isTokens = try row.nextOptional(Bool.self) ?? false
        let change: Change =
            if isNew { isUnclassified ? .unclassified : .added } else if isByHand { .keptByHand } else if isTiered {
                .keptTiered
            } else { .priced }
        self.init(
            model: model, change: change, before: try ModelListing.Price(optional: &row, isTokens: isTokens),
            after: try ModelListing.Price(optional: &row, isTokens: isTokens))
    }
}

extension ModelListing.Price {
    /// Reads ten columns, whatever is in them.
    fileprivate init?(optional row: inout Row, isTokens: Bool) throws(PostgresError) {
        let currency = try row.nextOptional(String.self)
        let amount = try row.nextOptional(ExactDecimalSum.self)
        let unit = try row.nextOptional(String.self).flatMap(PriceUnit.init)
        let rates = try TokenRates(optional: &row)
        guard let currency else { return nil }
        if isTokens {
            guard let rates else { return nil }
            self = .tokens(rates, currency: currency)
        } else {
            guard let amount, let unit else { return nil }
            self = .units(amount: amount, of: unit, currency: currency)
        }
    }
}

extension TokenRates {
    fileprivate init?(optional row: inout Row) throws(PostgresError) {
        func amount() throws(PostgresError) -> Amount? { try row.nextOptional(String.self).flatMap(Amount.init) }
        let (input, output) = (try amount(), try amount())
        let (cachedInput, cacheWrite) = (try amount(), try amount())
        let aboveTokens = try row.nextOptional(Int.self)
        let (aboveInput, aboveOutput) = (try amount(), try amount())
        guard let input, let output else { return nil }
        var longContext: LongContextPrice?
        if let aboveTokens, let aboveInput, let aboveOutput {
            longContext = LongContextPrice(aboveTokens: aboveTokens, input: aboveInput, output: aboveOutput)
        }
        self.init(
            input: input, output: output, cachedInput: cachedInput, cacheWrite: cacheWrite, longContext: longContext)
    }
}
