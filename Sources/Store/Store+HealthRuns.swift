import Domain
import Postgres

extension Store {
    /// Unknown: `.notFound`.
    package func healthRun(_ id: ID<HealthRun>) throws(Failure) -> HealthRun {
        try rows(HealthRunLine.query(id), HealthRunLine.init(row:)).run()
    }
}

extension Transaction {
    /// Asks for a check of these providers, all of which are there, and tells whoever makes it. Throws `.running` with
    /// the run that is under way for the same ones.
    package func startHealthRun(
        of slugs: [ProviderSlug], by actor: String, at now: Timestamp
    ) throws(Failure) -> HealthRun {
        let names = slugs.map(\.text).sorted()
        let key = names.joined(separator: ",")
        let id = ID<HealthRun>.make(at: now)
        let added = try execute(
            """
            -- Store.startHealthRun
            INSERT INTO health_runs (id, providers, total, created_at, created_by)
            VALUES (\(id), \(key), \(names.count), \(now)::timestamptz, \(actor))
            ON CONFLICT (md5(providers)) WHERE status IN ('pending', 'running') DO NOTHING
            """)
        guard added == 1 else { throw try underWay(key) }
        try execute(
            """
            -- Store.addHealthRunItems
            INSERT INTO health_run_items (run_id, provider_id)
            SELECT \(id), p.id
            FROM providers p
            WHERE p.slug = ANY (\(names)::text[])
            """)
        try announceJob(HealthRun.jobName)
        return try rows(HealthRunLine.query(id), HealthRunLine.init(row:)).run()
    }

    private func underWay(_ key: String) throws(Failure) -> Failure {
        let found = try rows(
            """
            -- Store.healthRunUnderWay
            SELECT id
            FROM health_runs
            WHERE md5(providers) = md5(\(key)) AND status IN ('pending', 'running')
            LIMIT 1
            """
        ) { (row) throws(PostgresError) in try row.next(ID<HealthRun>.self) }
        // It may have ended since.
        guard let id = found.first else { return .unavailable(retryAfter: 1) }
        return .running("A health check of these providers is already running", id: id.text)
    }

    /// Stops what has not been asked yet; what is being asked counts no longer. One that was cancelled before stays so.
    /// The status before, and the run as it is now. Unknown: `.notFound`; one that is completed: `.conflict`.
    package func cancelHealthRun(
        _ id: ID<HealthRun>, at now: Timestamp
    ) throws(Failure) -> (before: HealthRun.Status, run: HealthRun) {
        let before = try lockHealthRun(id)
        switch before {
        case .completed: throw .conflict("The health check is already completed")
        case .cancelled: break
        case .pending, .running:
            try execute(
                """
                -- Store.cancelHealthRunItems
                UPDATE health_run_items
                SET state = 'cancelled', locked_until = NULL, locked_by = NULL
                WHERE run_id = \(id) AND state IN ('pending', 'running')
                """)
            try execute(
                """
                -- Store.cancelHealthRun
                UPDATE health_runs
                SET status = 'cancelled', finished_at = \(now)::timestamptz
                WHERE id = \(id)
                """)
        }
        return (before, try rows(HealthRunLine.query(id), HealthRunLine.init(row:)).run())
    }

    private func lockHealthRun(_ id: ID<HealthRun>) throws(Failure) -> HealthRun.Status {
        try one(
            "Health check",
            """
            -- Store.lockHealthRun
            SELECT status
            FROM health_runs
            WHERE id = \(id)
            FOR UPDATE
            """
        ) { (row) throws(PostgresError) in try HealthRun.Status(row: &row) }
    }

    /// Takes up to `limit` checks that nobody makes, for `leaseSeconds`; those of a process that was killed among them.
    /// Waits for nobody: what somebody else holds is left for the next time.
    package func claimHealthRunItems(
        for worker: String, limit: Int, leaseSeconds: Int
    ) throws(Failure) -> [HealthRunClaim] {
        let claims = try rows(
            """
            -- Store.claimHealthRunItems
            UPDATE health_run_items i
            SET state = 'running', locked_by = \(worker),
                locked_until = clock_timestamp() + make_interval(secs => \(leaseSeconds))
            FROM providers p, health_runs run
            WHERE p.id = i.provider_id
              AND run.id = i.run_id
              AND (i.run_id, i.provider_id) IN (
                  SELECT open.run_id, open.provider_id
                  FROM health_run_items open
                  JOIN health_runs r ON r.id = open.run_id
                  WHERE open.state = 'pending' OR open.state = 'running' AND open.locked_until <= clock_timestamp()
                  ORDER BY open.run_id, open.provider_id
                  LIMIT \(limit)
                  FOR UPDATE OF open, r SKIP LOCKED)
            RETURNING i.run_id, p.slug,
                      least(greatest(extract(epoch FROM clock_timestamp() - run.created_at) * 1000, 0), 3600000)::integer
            """
        ) { (row) throws(PostgresError) in
            (run: try row.next(ID<HealthRun>.self), slug: try row.next(String.self), age: try row.next(Int.self))
        }
        guard !claims.isEmpty else { return [] }
        try execute(
            """
            -- Store.beginHealthRuns
            UPDATE health_runs
            SET status = 'running'
            WHERE status = 'pending' AND id = ANY (\(Array(Set(claims.map(\.run.text))))::uuid[])
            """)
        var made: [HealthRunClaim] = []
        for claim in claims {
            made.append(
                HealthRunClaim(
                    run: claim.run, provider: try ProviderSlug(claim.slug), runAgeMilliseconds: claim.age,
                    worker: worker))
        }
        return made
    }

    /// Writes down what a check found, and the end of its run when it was the last one. A claim that somebody else has
    /// taken over, and a run that was cancelled, stay as they are.
    package func finish(
        _ claim: HealthRunClaim, with result: HealthRunResult, at now: Timestamp
    ) throws(Failure) {
        // Of two last checks at once the second one sees the first.
        guard try !lockHealthRun(claim.run).isFinished else { return }
        try execute(
            """
            -- Store.finishHealthRunItem
            UPDATE health_run_items i
            SET state = 'done', locked_until = NULL, locked_by = NULL, status = \(result.status?.rawValue),
                response_ms = \(result.responseMilliseconds), error_kind = \(result.errorKind),
                error_message = \(result.errorMessage), checked_at = \(now)::timestamptz
            FROM providers p
            WHERE p.slug = \(claim.provider) AND i.provider_id = p.id AND i.run_id = \(claim.run)
              AND i.state = 'running' AND i.locked_by = \(claim.worker)
            """)
        try execute(
            """
            -- Store.completeHealthRun
            UPDATE health_runs r
            SET status = 'completed', finished_at = \(now)::timestamptz
            WHERE r.id = \(claim.run)
              AND NOT EXISTS (
                  SELECT 1
                  FROM health_run_items i
                  WHERE i.run_id = r.id AND i.state IN ('pending', 'running'))
            """)
    }

    /// Runs that ended more than 30 days ago, at most `limit`; how many went.
    package func deleteOldHealthRuns(limit: Int) throws(Failure) -> Int {
        try execute(
            """
            -- Store.deleteOldHealthRuns
            DELETE FROM health_runs
            WHERE id IN (
                SELECT id
                FROM health_runs
                WHERE finished_at < now() - interval '30 days'
                ORDER BY finished_at
                LIMIT \(limit))
            """)
    }
}

/// One check of a run that one process makes.
package struct HealthRunClaim: Sendable {
    package let run: ID<HealthRun>
    package let provider: ProviderSlug
    /// Since the run was asked for: 0 to an hour.
    package let runAgeMilliseconds: Int
    let worker: String
}

/// One provider of a run with the run around it.
private struct HealthRunLine {
    let id: ID<HealthRun>
    let status: HealthRun.Status
    let total: Int
    let createdAt: Timestamp
    let finishedAt: Timestamp?
    let item: HealthRunItem

    static func query(_ id: ID<HealthRun>) -> SQL {
        """
        -- Store.healthRun
        SELECT r.id, r.status, r.total, r.created_at, r.finished_at, p.slug, i.state, i.status, i.response_ms,
               i.error_kind, i.error_message, i.checked_at
        FROM health_runs r
        JOIN health_run_items i ON i.run_id = r.id
        JOIN providers p ON p.id = i.provider_id
        WHERE r.id = \(id)
        ORDER BY p.slug
        LIMIT 1000
        """
    }

    init(row: inout Row) throws(PostgresError) {
        id = try row.next()
        status = try HealthRun.Status(row: &row)
        total = try row.next()
        createdAt = try row.next()
        finishedAt = try row.nextOptional()
        let provider: String = try row.next()
        guard let state = HealthRunItem.State(rawValue: try row.next()) else {
            throw .decoding(column: 6, "is not a state")
        }
        let result = HealthRunResult(
            status: try HealthStatus(optional: &row), responseMilliseconds: try row.nextOptional(),
            errorKind: try row.nextOptional(), errorMessage: try row.nextOptional())
        item = HealthRunItem(provider: provider, state: state, result: result, checkedAt: try row.nextOptional())
    }
}

extension [HealthRunLine] {
    fileprivate func run() throws(Failure) -> HealthRun {
        guard let first else { throw .notFound("Health check") }
        return HealthRun(
            id: first.id, status: first.status, total: first.total, createdAt: first.createdAt,
            finishedAt: first.finishedAt, items: map(\.item))
    }
}

extension HealthRun.Status {
    fileprivate init(row: inout Row) throws(PostgresError) {
        guard let status = HealthRun.Status(rawValue: try row.next()) else {
            throw .decoding(column: 1, "is not a status")
        }
        self = status
    }
}
