import Postgres

extension Report {
    static let reliability = Report(
        "reliability", "checks, uptime, errors and response times of each provider", hasPeriod: true,
        columns: """
            provider #checks #healthy #degraded #down #known_hours #uptime_percent #check_average_ms #check_p95_ms \
            #requests #failed #error_percent #request_average_ms
            """
    ) { scope in
        """
        -- Report.reliability
        SELECT r.provider, r.checks, r.healthy, r.degraded, r.down, trim_scale(r.known_hours), trim_scale(r.uptime_percent),
               r.check_average_ms, r.check_p95_ms, r.requests, r.failed, trim_scale(r.error_percent), r.request_average_ms
        FROM reports.reliability(
            coalesce(
                \(scope.first)::date, \(scope.last)::date - 29, (now() AT TIME ZONE \(scope.zone)::text)::date - 29),
            coalesce(\(scope.last)::date, (now() AT TIME ZONE \(scope.zone)::text)::date),
            \(scope.zone)::text) AS r
        WHERE \(scope.provider)::text IS NULL OR r.provider = \(scope.provider)::text
        ORDER BY r.provider
        """
    }

    static let keyAges = Report(
        "key-ages", "every key: whose, how old, in which state, when last used; the oldest first",
        columns: """
            provider environment belongs_to type state ?is_active @created_at #age_days @last_used_at @expires_at \
            #expires_in_days
            """
    ) { scope in
        """
        -- Report.keyAges
        SELECT r.provider, r.environment, r.belongs_to, r.type, r.state, r.is_active, r.created_at, r.age_days,
               r.last_used_at, r.expires_at, r.expires_in_days
        FROM reports.key_ages r
        WHERE \(scope.provider)::text IS NULL OR r.provider = \(scope.provider)::text
        ORDER BY r.created_at, r.provider, r.belongs_to
        """
    }

    static let partitions = Report(
        "partitions", "the months of requests and payloads, and how much room they take", hasProvider: false,
        columns: "of_table partition month #estimated_rows #table_bytes #index_bytes #total_bytes"
    ) { _ in
        """
        -- Report.partitions
        SELECT r.of_table, r.partition, r.month, r.estimated_rows, r.table_bytes, r.index_bytes, r.total_bytes
        FROM reports.partitions r
        ORDER BY r.of_table, r.partition
        """
    }

    static let unposted = Report(
        "unposted", "what waits for the poster: a few seconds' worth when all is well",
        columns: "provider currency #changes @oldest #oldest_seconds #requests #cost"
    ) { scope in
        """
        -- Report.unposted
        SELECT r.provider, r.currency, r.changes, r.oldest, r.oldest_seconds, r.requests, trim_scale(r.cost)
        FROM reports.unposted r
        WHERE \(scope.provider)::text IS NULL OR r.provider = \(scope.provider)::text
        ORDER BY r.provider, r.currency
        """
    }
}
