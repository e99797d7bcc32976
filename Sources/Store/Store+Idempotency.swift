import Domain
import Postgres

/// What became of a key.
package enum ClaimResult: Sendable, Equatable {
    /// This attempt does the work.
    case claimed
    /// The work was done before.
    case answered(StoredAnswer)
    /// The key was used for another request.
    case mismatch
    /// The first attempt is still under way.
    case inProgress
}

extension Store {
    /// Takes the key for this attempt, or says what became of an earlier one. Keys are kept for 24 hours. An attempt
    /// that never ended, because its process died, gives way after `lockSeconds`: its transaction did not commit,
    /// or its answer would be there.
    package func claim(_ key: IdempotencyKey, lockSeconds: Int) throws(Failure) -> ClaimResult {
        let claimed = try rows(
            """
            -- Store.claim
            INSERT INTO idempotency_keys AS k (caller, key, fingerprint, claim, locked_until)
            VALUES (\(key.caller), \(key.key), \(SQLBytes(key.fingerprint)), \(key.claim),
                    now() + make_interval(secs => \(lockSeconds)))
            ON CONFLICT (caller, key) DO UPDATE
            SET fingerprint = excluded.fingerprint, claim = excluded.claim, locked_until = excluded.locked_until,
                status = NULL, etag = NULL, body = NULL, created_at = now()
            WHERE k.created_at < now() - interval '24 hours'
               OR (k.status IS NULL AND k.locked_until < now() AND k.fingerprint = excluded.fingerprint)
            RETURNING 1
            """
        ) { (row) throws(PostgresError) in try row.next(Int.self) }
        if !claimed.isEmpty { return .claimed }
        // Gone again in between means that the first attempt was given up just now: the caller may retry.
        return try rows(
            """
            -- Store.claimed
            SELECT fingerprint = \(SQLBytes(key.fingerprint)), status, etag, body
            FROM idempotency_keys
            WHERE caller = \(key.caller) AND key = \(key.key)
            """
        ) { (row) throws(PostgresError) -> ClaimResult in
            guard try row.next(Bool.self) else { return .mismatch }
            guard let status = try row.nextOptional(Int.self) else { return .inProgress }
            return .answered(
                StoredAnswer(
                    status: status, etag: try row.nextOptional(), body: try row.next(SQLBytes.self).bytes))
        }.first ?? .inProgress
    }

    /// Gives the key back after an attempt that changed nothing. Returns why that was not possible, so that it can be
    /// logged beside the failure that is being answered.
    package func releasing(_ key: IdempotencyKey) -> Failure? {
        do throws(Failure) {
            _ = try rows(
                """
                -- Store.releasing
                DELETE FROM idempotency_keys
                WHERE caller = \(key.caller) AND key = \(key.key) AND claim = \(key.claim) AND status IS NULL
                RETURNING 1
                """
            ) { (row) throws(PostgresError) in try row.next(Int.self) }
            return nil
        } catch {
            return error
        }
    }
}

extension Transaction {
    /// Keeps the answer in the transaction of its effect. An attempt that another one took over from has no effect
    /// any more: `.conflict`.
    package func keep(_ answer: StoredAnswer, for key: IdempotencyKey) throws(Failure) {
        let kept = try execute(
            """
            -- Store.keep
            UPDATE idempotency_keys
            SET status = \(answer.status), etag = \(answer.etag), body = \(SQLBytes(answer.body))
            WHERE caller = \(key.caller) AND key = \(key.key) AND claim = \(key.claim) AND status IS NULL
            """)
        guard kept == 1 else { throw .conflict("Another request with this Idempotency-Key has taken over") }
    }
}
