import Domain
import Postgres

extension Transaction {
    /// Makes the partitions of requests of this month and the next ones, and of months that ended before their last
    /// requests came; how many were missing.
    package func createRequestPartitions(months: Int) throws(Failure) -> Int {
        try one(
            "Partitions",
            """
            -- Store.createRequestPartitions
            SELECT create_request_partitions(now(), \(months)) + create_late_request_partitions()
            """
        ) { (row) throws(PostgresError) in try row.next(Int.self) }
    }

    /// Drops the months of requests, and of their payloads, that ended so long ago; nil keeps all. A payload never
    /// outlives its request. How many partitions went.
    package func dropRequestPartitions(requestMonths: Int?, payloadDays: Int?) throws(Failure) -> Int {
        try one(
            "Partitions",
            """
            -- Store.dropRequestPartitions
            SELECT drop_request_partitions(
                now() - make_interval(months => \(requestMonths)::integer),
                greatest(
                    now() - make_interval(months => \(requestMonths)::integer),
                    now() - make_interval(days => \(payloadDays)::integer)))
            """
        ) { (row) throws(PostgresError) in try row.next(Int.self) }
    }

    /// Deletes at most `limit` keys of requests whose months are older than that; how many went.
    package func deleteRequestKeys(olderThanMonths months: Int, limit: Int) throws(Failure) -> Int {
        try execute(
            """
            -- Store.deleteRequestKeys
            DELETE FROM request_keys
            WHERE ctid = ANY (ARRAY(
                SELECT k.ctid
                FROM request_keys k
                WHERE k.request_id < uuid_floor(
                    date_trunc('month', now() - make_interval(months => \(months)::integer), 'UTC'))
                LIMIT \(limit)))
            """)
    }

    /// Deletes at most `limit` kept answers that are older than 24 hours; how many went.
    package func deleteOldAnswers(limit: Int) throws(Failure) -> Int {
        try execute(
            """
            -- Store.deleteOldAnswers
            DELETE FROM idempotency_keys
            WHERE ctid = ANY (ARRAY(
                SELECT k.ctid
                FROM idempotency_keys k
                WHERE k.created_at < now() - interval '24 hours'
                LIMIT \(limit)))
            """)
    }

    /// Deletes at most `limit` health checks that are older than 31 days, of which uptime needs 30; how many went. The
    /// newest one of each provider stays: it says how the provider is.
    package func deleteOldHealthChecks(limit: Int) throws(Failure) -> Int {
        try execute(
            """
            -- Store.deleteOldHealthChecks
            DELETE FROM health_checks
            WHERE ctid = ANY (ARRAY(
                SELECT h.ctid
                FROM providers p
                CROSS JOIN LATERAL (
                    SELECT max(l.checked_at) AS at
                    FROM health_checks l
                    WHERE l.provider_id = p.id
                ) AS newest
                JOIN health_checks h ON h.provider_id = p.id AND h.checked_at < newest.at
                WHERE h.checked_at < now() - interval '31 days'
                LIMIT \(limit)))
            """)
    }

    /// Deletes at most `limit` figures of providers that are older than 400 days, the newest ones excepted; how many
    /// went.
    package func deleteOldReportedBalances(limit: Int) throws(Failure) -> Int {
        try execute(
            """
            -- Store.deleteOldReportedBalances
            DELETE FROM provider_balances
            WHERE ctid = ANY (ARRAY(
                SELECT b.ctid
                FROM providers p
                CROSS JOIN LATERAL (
                    SELECT max(l.checked_at) AS at
                    FROM provider_balances l
                    WHERE l.provider_id = p.id
                ) AS newest
                JOIN provider_balances b ON b.provider_id = p.id AND b.checked_at < newest.at
                WHERE b.checked_at < now() - interval '400 days'
                LIMIT \(limit)))
            """)
    }
}
