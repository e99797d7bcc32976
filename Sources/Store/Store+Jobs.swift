import Domain
import Postgres

/// One job, as the table has it.
package struct JobRecord: Sendable {
    package let name: String
    package let everySeconds: Int
    package let nextRunAt: Timestamp
    /// Until when the claim of whoever runs it holds; nil when nobody does.
    package let lockedUntil: Timestamp?
    package let lockedBy: String?
    package let lastStartedAt: Timestamp?
    package let lastFinishedAt: Timestamp?
    /// Why the last run failed; nil after one that did not.
    package let lastError: String?

    init(row: inout Row) throws(PostgresError) {
        name = try row.next()
        everySeconds = try row.next()
        nextRunAt = try row.next()
        lockedUntil = try row.nextOptional()
        lockedBy = try row.nextOptional()
        lastStartedAt = try row.nextOptional()
        lastFinishedAt = try row.nextOptional()
        lastError = try row.nextOptional()
    }
}

extension Store {
    /// The channel of notifications that a job is due; they carry its name.
    package static let jobsChannel = "providerd_jobs"

    /// All jobs, by name.
    package func jobs() throws(Failure) -> [JobRecord] {
        try rows(
            """
            -- Store.jobs
            SELECT name, every_seconds, next_run_at, locked_until, locked_by, last_started_at, last_finished_at,
                   last_error
            FROM jobs
            ORDER BY name
            LIMIT 1000
            """, JobRecord.init(row:))
    }

    /// Takes a job that is due, for `leaseSeconds`; false when it is not due or another process has it. At most one
    /// process of an installation gets it.
    ///
    /// A process that could not write down the end of a run has it still, and may begin the next one. A next run further away than a whole period comes from a clock that was set back, and counts as due.
    package func claimJob(_ name: String, for worker: String, leaseSeconds: Int) throws(Failure) -> Bool {
        try !rows(
            """
            -- Store.claimJob
            UPDATE jobs
            SET locked_until = now() + make_interval(secs => \(leaseSeconds)), locked_by = \(worker),
                last_started_at = now()
            WHERE name = (
                SELECT j.name
                FROM jobs j
                WHERE j.name = \(name)
                  AND (j.next_run_at <= now() OR j.next_run_at > now() + make_interval(secs => j.every_seconds))
                  AND (j.locked_until IS NULL OR j.locked_until <= now() OR j.locked_by = \(worker))
                FOR UPDATE SKIP LOCKED)
            RETURNING name
            """
        ) { (row) throws(PostgresError) in try row.next(String.self) }.isEmpty
    }

    /// Renews what a process still holds; the names of what it no longer does are missing in the answer.
    package func renewJobs(_ names: [String], of worker: String, leaseSeconds: Int) throws(Failure) -> Set<String> {
        Set(
            try rows(
                """
                -- Store.renewJobs
                UPDATE jobs
                SET locked_until = now() + make_interval(secs => \(leaseSeconds))
                WHERE name = ANY (\(names)::text[]) AND locked_by = \(worker)
                RETURNING name
                """
            ) { (row) throws(PostgresError) in try row.next(String.self) })
    }

    /// Gives a job back. After a failure it is tried again in a minute, or sooner where it runs more often.
    package func finishJob(_ name: String, of worker: String, error: String?) throws(Failure) {
        _ = try rows(
            """
            -- Store.finishJob
            UPDATE jobs
            SET locked_until = NULL, locked_by = NULL, last_finished_at = now(), last_error = \(error),
                next_run_at = now() + make_interval(
                    secs => CASE WHEN \(error)::text IS NULL THEN every_seconds ELSE least(every_seconds, 60) END)
            WHERE name = \(name) AND locked_by = \(worker)
            RETURNING name
            """
        ) { (row) throws(PostgresError) in try row.next(String.self) }
    }
}

extension Transaction {
    /// Makes a job known, or gives it another period.
    package func registerJob(_ name: String, everySeconds: Int) throws(Failure) {
        try execute(
            """
            -- Store.registerJob
            INSERT INTO jobs AS j (name, every_seconds)
            VALUES (\(name), \(everySeconds))
            ON CONFLICT (name) DO UPDATE
            SET every_seconds = excluded.every_seconds,
                next_run_at = least(j.next_run_at, now() + make_interval(secs => excluded.every_seconds))
            WHERE j.every_seconds <> excluded.every_seconds
            """)
    }

    /// Makes a job due now, and tells so with the commit. Returns when that was, on the clock that writes
    /// `last_started_at`. Unknown: `.notFound`.
    package func requestJob(_ name: String) throws(Failure) -> Timestamp {
        guard let moment = try announceJob(name) else { throw .notFound("Job") }
        return moment
    }

    /// The same; nil for a job that no process has made known yet.
    @discardableResult
    func announceJob(_ name: String) throws(Failure) -> Timestamp? {
        // Only whoever listens hears it; the others look at the table twice a second.
        try rows(
            """
            -- Store.announceJob
            WITH due AS (
                UPDATE jobs
                SET next_run_at = now()
                WHERE name = \(name)
                RETURNING name, next_run_at)
            SELECT due.next_run_at, pg_notify(\(Store.jobsChannel), due.name)::text
            FROM due
            """
        ) { (row) throws(PostgresError) in try row.next(Timestamp.self) }.first
    }
}
