import Domain
import Postgres

extension UsageFigures {
    init(row: inout Row) throws(PostgresError) {
        self.init(
            requests: try row.next(), successful: try row.next(), failed: try row.next(), cost: try row.next(),
            averageResponseTime: try row.nextOptional())
    }
}

extension Store {
    /// Closes a span that is open: it ends with today in the zone, and begins 29 days before the day that it ends with.
    /// Nil when it would be longer than ten years, or when it would begin after today.
    package func usageSpan(_ span: TimeSpan, in zone: String, at now: Timestamp) throws(Failure) -> ClosedSpan? {
        try rows(
            """
            -- Store.usageSpan
            SELECT low, high
            FROM (
                SELECT coalesce(
                    \(span.end)::timestamptz,
                    zone_day((\(now)::timestamptz AT TIME ZONE \(zone)::text)::date + 1, \(zone)::text)) AS high
            ) AS until
            CROSS JOIN LATERAL (
                SELECT coalesce(
                    \(span.start)::timestamptz,
                    zone_day(((high - interval '1 microsecond') AT TIME ZONE \(zone)::text)::date - 29, \(zone)::text)
                ) AS low
            ) AS since
            WHERE low < high
              AND high <= (low AT TIME ZONE \(zone)::text + interval '10 years') AT TIME ZONE \(zone)::text
            """
        ) { (row) throws(PostgresError) in ClosedSpan(start: try row.next(), end: try row.next()) }.first
    }

    /// Usage by day, week or month of a time zone, the newest first; parts without requests are left out. Throws
    /// `.notFound` for an unknown provider.
    package func usage(
        of slug: ProviderSlug, in span: ClosedSpan, by unit: UsageUnit, zone: String
    ) throws(Failure) -> UsageReport {
        let found = try known(
            rows(
                """
                -- Store.usage
                WITH days AS (
                    SELECT part.day::date AS day
                    FROM generate_series(
                        date_trunc(\(unit.rawValue)::text, \(span.start)::timestamptz AT TIME ZONE \(zone)::text),
                        (\(span.end)::timestamptz - interval '1 microsecond') AT TIME ZONE \(zone)::text,
                        ('1 ' || \(unit.rawValue)::text)::interval
                    ) AS part (day)
                ), parts AS (
                    SELECT array_agg(d.day ORDER BY d.day) AS days,
                           array_agg(
                               greatest(zone_day(d.day, \(zone)::text), \(span.start)::timestamptz) ORDER BY d.day)
                           AS starts
                    FROM days d
                )
                SELECT to_char(parts.days[u.part], 'YYYY-MM-DD'), u.requests, u.completed, u.failed, trim_scale(u.cost),
                       CASE WHEN u.responses > 0 THEN round(u.response_ms::numeric / u.responses) END,
                       (sum(u.requests) OVER ())::bigint, (sum(u.completed) OVER ())::bigint,
                       (sum(u.failed) OVER ())::bigint, trim_scale(sum(u.cost) OVER ()),
                       CASE
                           WHEN sum(u.responses) OVER () > 0
                               THEN round(sum(u.response_ms) OVER () / sum(u.responses) OVER ())
                       END
                FROM providers p
                CROSS JOIN parts
                LEFT JOIN LATERAL usage_of(p.id, '', parts.starts, \(span.end)::timestamptz) AS u ON true
                WHERE p.slug = \(slug)
                ORDER BY u.part DESC
                LIMIT 4000
                """
            ) { (row) throws(PostgresError) -> (part: UsagePart, total: UsageFigures)? in
                guard let date = try row.nextOptional(String.self) else { return nil }
                return (
                    UsagePart(date: date, figures: try UsageFigures(row: &row)), try UsageFigures(row: &row)
                )
            })
        return UsageReport(total: found.first?.total ?? .none, parts: found.map(\.part))
    }

    /// Usage by model, the most used first. Throws `.notFound` for an unknown provider.
    package func usageByModel(of slug: ProviderSlug, in span: ClosedSpan) throws(Failure) -> [ModelUsage] {
        try known(
            rows(
                """
                -- Store.usageByModel
                SELECT u.model, m.display_name, u.requests, u.completed, u.failed, trim_scale(u.cost),
                       CASE WHEN u.responses > 0 THEN round(u.response_ms::numeric / u.responses) END
                FROM providers p
                LEFT JOIN LATERAL usage_of(
                    p.id, NULL, ARRAY[\(span.start)::timestamptz], \(span.end)::timestamptz) AS u ON true
                LEFT JOIN models m ON m.provider_id = p.id AND m.name = u.model
                WHERE p.slug = \(slug)
                ORDER BY u.requests DESC, u.model
                LIMIT 100000
                """
            ) { (row) throws(PostgresError) -> ModelUsage? in
                guard let model = try row.nextOptional(String.self) else { return nil }
                return ModelUsage(
                    modelID: model, modelName: try row.nextOptional(), figures: try UsageFigures(row: &row))
            })
    }

    /// Usage of every provider that was used, in the order of the overview. The percentages' hundredths that rounding
    /// down leaves over go to those which lost most by it.
    package func usageSummary(in span: ClosedSpan) throws(Failure) -> UsageSummary {
        let found = try rows(
            """
            -- Store.usageSummary
            WITH used AS (
                SELECT p.slug, p.position, p.currency, u.requests, u.cost, sum(u.requests) OVER () AS total
                FROM providers p
                CROSS JOIN LATERAL usage_of(
                    p.id, '', ARRAY[\(span.start)::timestamptz], \(span.end)::timestamptz) AS u
                WHERE u.requests > 0
            ), shares AS (
                SELECT slug, position, currency, requests, cost, total, div(requests * 10000, total) AS hundredths,
                       mod(requests * 10000, total) AS lost
                FROM used
            )
            SELECT slug, requests, trim_scale(cost),
                   trim_scale((hundredths + (
                       row_number() OVER (ORDER BY lost DESC, position, slug) <= 10000 - sum(hundredths) OVER ()
                   )::integer) / 100),
                   total::bigint,
                   CASE
                       WHEN min(currency) OVER () = max(currency) OVER () THEN trim_scale(sum(cost) OVER ())
                   END
            FROM shares
            ORDER BY position, slug
            LIMIT 1000
            """
        ) { (row) throws(PostgresError) in
            (
                usage: ProviderUsage(
                    provider: try row.next(), requests: try row.next(), cost: try row.next(),
                    percentage: try row.next()),
                total: try row.next(Int.self), cost: try row.nextOptional(ExactDecimalSum.self)
            )
        }
        guard let first = found.first else {
            return UsageSummary(requests: 0, cost: .zero, providers: [])
        }
        return UsageSummary(requests: first.total, cost: first.cost, providers: found.map(\.usage))
    }

    /// The rows of a provider's list, of which one that is empty stands for none. No row at all: there is no such
    /// provider.
    private func known<Value>(_ rows: [Value?]) throws(Failure) -> [Value] {
        guard !rows.isEmpty else { throw .notFound("Provider") }
        return rows.compactMap { $0 }
    }
}
