import Domain
import Postgres

/// One entry of the ledger, as lists show it. Amounts are exact decimal texts.
package struct CreditEntry: Sendable {
    package let account: Int
    /// Its number in the account, from 1 without gaps.
    package let sequence: Int
    package let type: String
    package let amount: ExactDecimalSum
    package let balanceBefore: ExactDecimalSum
    package let balanceAfter: ExactDecimalSum
    package let description: String
    package let createdAt: Timestamp
    /// The text of a JSON object.
    package let metadata: String

    init(row: inout Row) throws(PostgresError) {
        account = try row.next()
        sequence = try row.next()
        type = try row.next()
        amount = try row.next()
        balanceBefore = try row.next()
        balanceAfter = try row.next()
        description = try row.next()
        createdAt = try row.next()
        metadata = try row.next()
    }
}

/// Which entries of a provider's ledger are wanted.
package struct CreditFilter: Sendable {
    package let span: TimeSpan
    package let type: CreditType?

    package init(span: TimeSpan = .always, type: CreditType? = nil) {
        self.span = span
        self.type = type
    }
}

/// The numbers of the entries of a period: a range, because time never goes back along the numbers.
private struct EntryRange {
    let account: Int
    let low: Int
    let high: Int

    var count: Int { max(0, high - low + 1) }
}

extension Store {
    /// The entries of the account in the provider's currency, newest first. `page.after` is the number of the last
    /// entry of the page before; one that is no number is `.invalid`. Unknown slug: `.notFound`.
    ///
    /// Any page is found at once: its numbers are computed where nothing is filtered or by time only; what is rare is
    /// counted in its own index; and consumption is all entries but the rare ones.
    package func creditTransactions(
        of slug: ProviderSlug, _ filter: CreditFilter, _ page: Page
    ) throws(Failure) -> Slice<CreditEntry> {
        guard let range = try range(of: slug, filter.span) else { return Slice(rows: [], total: 0) }
        let others = try filter.type == .consumption ? countOthers(nil, range) : 0
        let total: Int
        switch filter.type {
        case nil: total = range.count
        case .consumption: total = range.count - others
        case let type?: total = try countOthers(type, range)
        }
        // One more than wanted tells whether there is another page.
        let found = try entries(filter.type, range, Page(limit: page.limit + 1, offset: page.offset, after: page.after))
        let rows = Array(found.prefix(page.limit))
        let next = found.count > rows.count ? rows.last.map { String($0.sequence) } : nil
        return Slice(rows: rows, total: total, next: next)
    }

    /// All of them, one after the other, for an export.
    package func eachCreditTransaction(
        of slug: ProviderSlug, _ filter: CreditFilter, _ each: (CreditEntry) throws(Failure) -> Void
    ) throws(Failure) {
        guard let range = try range(of: slug, filter.span) else { return }
        try self.each(
            """
            -- Store.eachCreditTransaction
            SELECT account_id, seq, type, trim_scale(amount), trim_scale(balance_before), trim_scale(balance_after),
                   description, created_at, metadata
            FROM credit_transactions
            WHERE account_id = \(range.account)::integer AND seq BETWEEN \(range.low)::bigint AND \(range.high)::bigint
              AND (\(filter.type?.rawValue)::text IS NULL OR type = \(filter.type?.rawValue)::text)
            ORDER BY seq DESC
            """, CreditEntry.init(row:), each)
    }

    /// Nil without an account.
    private func range(of slug: ProviderSlug, _ span: TimeSpan) throws(Failure) -> EntryRange? {
        try one(
            "Provider",
            """
            -- Store.creditRange
            SELECT a.id,
                   coalesce(
                       (SELECT t.seq
                        FROM credit_transactions t
                        WHERE t.account_id = a.id
                          AND t.created_at >= coalesce(\(span.start)::timestamptz, '-infinity')
                        ORDER BY t.created_at, t.seq
                        LIMIT 1),
                       a.entries + 1),
                   coalesce(
                       (SELECT t.seq - 1
                        FROM credit_transactions t
                        WHERE t.account_id = a.id AND t.created_at >= \(span.end)::timestamptz
                        ORDER BY t.created_at, t.seq
                        LIMIT 1),
                       a.entries)
            FROM providers p
            LEFT JOIN credit_accounts a ON a.provider_id = p.id AND a.currency = p.currency
            WHERE p.slug = \(slug)
            """
        ) { (row) throws(PostgresError) in
            let account: Int? = try row.nextOptional()
            let low: Int? = try row.nextOptional()
            let high: Int? = try row.nextOptional()
            guard let account, let low, let high else { return nil }
            return EntryRange(account: account, low: low, high: high)
        }
    }

    private func entries(
        _ type: CreditType?, _ range: EntryRange, _ page: Page
    ) throws(Failure) -> [CreditEntry] {
        let after = try page.after.map { text throws(Failure) in try Self.sequence(text) }
        switch type {
        case nil:
            return try entries(range, from: after.map { $0 - 1 } ?? range.high - page.offset, page.limit)
        case .consumption:
            if let after { return try consumption(range, from: after - 1, page.limit) }
            return try consumption(range, from: consumptionTop(range, page.offset), page.limit)
        case let type?: return try others(type, range, from: after.map { $0 - 1 } ?? range.high, page)
        }
    }

    private static func sequence(_ text: String) throws(Failure) -> Int {
        guard let number = Int(text), 1...Int(Int32.max) * 1_000_000 ~= number else {
            throw .invalid("cursor", "is not a cursor of this list")
        }
        return number
    }

    private func entries(_ range: EntryRange, from top: Int, _ limit: Int) throws(Failure) -> [CreditEntry] {
        try rows(
            """
            -- Store.creditEntries
            SELECT account_id, seq, type, trim_scale(amount), trim_scale(balance_before), trim_scale(balance_after),
                   description, created_at, metadata
            FROM credit_transactions
            WHERE account_id = \(range.account)::integer AND seq >= \(range.low)::bigint
              AND seq <= least(\(top)::bigint, \(range.high)::bigint)
            ORDER BY seq DESC
            LIMIT \(limit)
            """, CreditEntry.init(row:))
    }

    private func consumption(_ range: EntryRange, from top: Int, _ limit: Int) throws(Failure) -> [CreditEntry] {
        try rows(
            """
            -- Store.creditConsumption
            SELECT account_id, seq, type, trim_scale(amount), trim_scale(balance_before), trim_scale(balance_after),
                   description, created_at, metadata
            FROM credit_transactions
            WHERE account_id = \(range.account)::integer AND seq >= \(range.low)::bigint
              AND seq <= least(\(top)::bigint, \(range.high)::bigint) AND type = 'consumption'
            ORDER BY seq DESC
            LIMIT \(limit)
            """, CreditEntry.init(row:))
    }

    private func others(
        _ type: CreditType, _ range: EntryRange, from top: Int, _ page: Page
    ) throws(Failure) -> [CreditEntry] {
        try rows(
            """
            -- Store.creditOthers
            SELECT account_id, seq, type, trim_scale(amount), trim_scale(balance_before), trim_scale(balance_after),
                   description, created_at, metadata
            FROM credit_transactions
            WHERE account_id = \(range.account)::integer AND type = \(type.rawValue) AND type <> 'consumption'
              AND seq >= \(range.low)::bigint AND seq <= least(\(top)::bigint, \(range.high)::bigint)
            ORDER BY seq DESC
            LIMIT \(page.limit)
            OFFSET \(page.offset)
            """, CreditEntry.init(row:))
    }

    /// How many entries of the range are no consumption, of one type or of all.
    private func countOthers(_ type: CreditType?, _ range: EntryRange) throws(Failure) -> Int {
        try one(
            "Count",
            """
            -- Store.creditOthersCount
            SELECT count(*)
            FROM credit_transactions
            WHERE account_id = \(range.account)::integer AND type <> 'consumption'
              AND (\(type?.rawValue)::text IS NULL OR type = \(type?.rawValue)::text)
              AND seq BETWEEN \(range.low)::bigint AND \(range.high)::bigint
            """
        ) { (row) throws(PostgresError) in try row.next(Int.self) }
    }

    /// The number at which the consumption after the first `offset` ones begins. Going down from the end of the range,
    /// the k-th other entry, at `seq`, has `high - seq - (k - 1)` consumptions above it; those with at most `offset` of
    /// them above are passed on the way.
    private func consumptionTop(_ range: EntryRange, _ offset: Int) throws(Failure) -> Int {
        guard offset > 0 else { return range.high }
        let passed = try one(
            "Count",
            """
            -- Store.creditConsumptionTop
            SELECT count(*)
            FROM (
                SELECT seq, row_number() OVER (ORDER BY seq DESC) AS k
                FROM credit_transactions
                WHERE account_id = \(range.account)::integer AND type <> 'consumption'
                  AND seq BETWEEN \(range.low)::bigint AND \(range.high)::bigint
            ) AS o
            WHERE \(range.high)::bigint - o.seq - (o.k - 1) <= \(offset)::bigint
            """
        ) { (row) throws(PostgresError) in try row.next(Int.self) }
        return range.high - offset - passed
    }
}
