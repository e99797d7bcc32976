import Domain
import Postgres

/// What the own ledger of a provider says is left. Amounts are exact decimal texts in `currency`.
package struct BalanceRecord: Sendable {
    package let slug: String
    /// 0 where nothing was ever added or consumed.
    package let balance: ExactDecimalSum
    package let currency: String
    /// Whether the ledger was used and holds less than the threshold.
    package let isLow: Bool

    init(row: inout Row) throws(PostgresError) {
        slug = try row.next()
        balance = try row.next()
        currency = try row.next()
        isLow = try row.next()
    }
}

/// A balance with how long it lasts, and with what the provider itself says.
package struct BalanceForecast: Sendable {
    package let balance: BalanceRecord
    package let threshold: ExactDecimalSum
    /// When the last entry was made; nil where there is none.
    package let updatedAt: Timestamp?
    /// A day; nil where nothing was consumed lately.
    package let consumptionRate: ExactDecimalSum?
    /// Whole days; nil without a rate, 0 where nothing is left.
    package let daysLeft: ExactDecimalSum?
    /// Nil where the provider never said.
    package let reported: ReportedFigures?
}

/// What a provider says is left, and by how much the own ledger says more.
package struct ReportedFigures: Sendable {
    package let balance: ExactDecimalSum
    package let checkedAt: Timestamp
    package let drift: ExactDecimalSum
}

extension Store {
    /// The balances of the media providers and of all others that are enabled, in the order of the overview.
    package func balances() throws(Failure) -> [BalanceRecord] {
        try rows(
            """
            -- Store.balances
            SELECT p.slug, trim_scale(coalesce(a.balance, 0)), p.currency,
                   coalesce(a.balance < p.low_balance_threshold, false)
            FROM providers p
            LEFT JOIN credit_accounts a ON a.provider_id = p.id AND a.currency = p.currency
            WHERE p.kind = 'media' OR p.enabled
            ORDER BY p.position, p.slug
            LIMIT 1000
            """, BalanceRecord.init(row:))
    }

    /// The balance of one provider at a moment. Unknown slug: `.notFound`.
    ///
    /// The rate is what was consumed in the last 30 days of the UTC calendar, today included, by the days from the
    /// first consumption on, of which there are 1 to 30. Usage counts at once, posted or not; what the provider reports
    /// counts in the currency of the ledger only.
    package func balance(of slug: ProviderSlug, at now: Timestamp) throws(Failure) -> BalanceForecast {
        try one(
            "Provider",
            """
            -- Store.balance
            SELECT p.slug, trim_scale(coalesce(a.balance, 0)), p.currency,
                   coalesce(a.balance < p.low_balance_threshold, false), trim_scale(p.low_balance_threshold),
                   CASE WHEN a.entries > 0 THEN a.updated_at END,
                   trim_scale(round(c.cost / c.days, 10)),
                   -- Not divided by the rate, which is rounded: 20 left of which 20 went in 3 days last 3 days, not 2.99.
                   CASE WHEN c.cost > 0 THEN greatest(div(coalesce(a.balance, 0) * c.days, c.cost), 0) END,
                   trim_scale(b.balance), b.checked_at, trim_scale(coalesce(a.balance, 0) - b.balance)
            FROM providers p
            LEFT JOIN credit_accounts a ON a.provider_id = p.id AND a.currency = p.currency
            CROSS JOIN LATERAL (
                SELECT CASE WHEN sum(u.cost) > 0 THEN sum(u.cost) END AS cost,
                       extract(day FROM day_of(\(now)::timestamptz) - min(u.day) FILTER (WHERE u.cost > 0)) + 1 AS days
                FROM (
                    SELECT r.bucket AS day, r.cost
                    FROM usage_rollups r
                    WHERE r.provider_id = p.id AND r.grain = 'day' AND r.model = '' AND r.currency = p.currency
                      AND r.bucket >= day_of(\(now)::timestamptz) - interval '29 days'
                    UNION ALL
                    SELECT day_of(t.created_at), sum(t.cost)
                    FROM usage_tail t
                    WHERE t.provider_id = p.id AND t.currency = p.currency
                      AND t.created_at >= day_of(\(now)::timestamptz) - interval '29 days'
                    GROUP BY day_of(t.created_at)
                ) AS u
                WHERE u.day <= \(now)::timestamptz
            ) AS c
            LEFT JOIN LATERAL (
                SELECT v.balance, v.checked_at
                FROM provider_balances v
                WHERE v.provider_id = p.id AND v.currency = p.currency
                ORDER BY v.checked_at DESC
                LIMIT 1
            ) AS b ON true
            WHERE p.slug = \(slug)
            """, BalanceForecast.init(row:))
    }
}

extension BalanceForecast {
    fileprivate init(row: inout Row) throws(PostgresError) {
        balance = try BalanceRecord(row: &row)
        threshold = try row.next()
        updatedAt = try row.nextOptional()
        consumptionRate = try row.nextOptional()
        daysLeft = try row.nextOptional()
        let amount: ExactDecimalSum? = try row.nextOptional()
        let checkedAt: Timestamp? = try row.nextOptional()
        let drift: ExactDecimalSum? = try row.nextOptional()
        if let amount, let checkedAt, let drift {
            reported = ReportedFigures(balance: amount, checkedAt: checkedAt, drift: drift)
        } else {
            reported = nil
        }
    }
}
