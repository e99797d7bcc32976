import Crypto
import Domain
import Postgres

/// Every SQL statement of the program, one method each: questions on `Store`, commands on `Transaction`.
///
/// A connection of the pool is held only while a statement or a transaction runs, never across a provider call.
package struct Store {
    package let pool: Pool
    package let keys: KeyRing
    /// Where the time spent in the database is added up.
    package let durations: Durations

    package init(pool: Pool, keys: KeyRing, durations: Durations = Durations()) {
        self.pool = pool
        self.keys = keys
        self.durations = durations
    }

    /// Runs `body` in one transaction: all of it or nothing. Throws what `body` throws, and `.unavailable` when the
    /// database is away or the outcome of the commit is unknown.
    package func transaction<Value>(_ body: (Transaction) throws(Failure) -> Value) throws(Failure) -> Value {
        try durations.measure(.database) { () throws(Failure) in
            try pool.transaction(mapping: Failure.init(postgres:)) { (session) throws(Failure) in
                let transaction = Transaction(session: session, keys: keys)
                let value = try body(transaction)
                try transaction.writeConsequences()
                return value
            }
        }
    }

    func rows<Value>(
        _ sql: SQL, _ decode: (inout Row) throws(PostgresError) -> Value
    ) throws(Failure) -> [Value] {
        try durations.measure(.database) { () throws(Failure) in
            try pool.withSession(mapping: Failure.init(postgres:)) { (session) throws(Failure) in
                try session.rows(sql, decode)
            }
        }
    }

    /// The only row. None: `.notFound` with the noun.
    func one<Value>(
        _ noun: String, _ sql: SQL, _ decode: (inout Row) throws(PostgresError) -> Value
    ) throws(Failure) -> Value {
        guard let value = try rows(sql, decode).first else { throw .notFound(noun) }
        return value
    }

    /// Hands over one row after the other, in constant memory, for exports. What `each` throws ends it, and the
    /// connection with it.
    func each<Value>(
        _ sql: SQL, _ decode: (inout Row) throws(PostgresError) -> Value,
        _ each: (Value) throws(Failure) -> Void
    ) throws(Failure) {
        var failure: Failure?
        do throws(Failure) {
            try pool.transaction(mapping: Failure.init(postgres:)) { (session) throws(Failure) in
                do throws(PostgresError) {
                    // The limit counts the time that the client takes.
                    try session.limitStatements(toMilliseconds: Self.exportMilliseconds)
                    try session.stream(sql, decode) { value in
                        do throws(Failure) {
                            try each(value)
                            return true
                        } catch {
                            failure = error
                            return false
                        }
                    }
                } catch {
                    throw Failure(postgres: error)
                }
            }
        } catch {
            throw failure ?? error
        }
        if let failure { throw failure }
    }

    /// A client that takes an export slower than this gets no whole one.
    private static var exportMilliseconds: Int { 1_800_000 }
}

/// The commands that change something, inside `Store.transaction`.
package struct Transaction {
    let session: Session
    let keys: KeyRing
    /// Of one transaction, which is one thread's.
    let consequences = Consequences()

    /// The ID of the key that seals.
    package var sealingKeyID: String { keys.sealingKeyID }

    func rows<Value>(
        _ sql: SQL, _ decode: (inout Row) throws(PostgresError) -> Value
    ) throws(Failure) -> [Value] {
        try session.rows(sql, decode)
    }

    func one<Value>(
        _ noun: String, _ sql: SQL, _ decode: (inout Row) throws(PostgresError) -> Value
    ) throws(Failure) -> Value {
        guard let value = try rows(sql, decode).first else { throw .notFound(noun) }
        return value
    }

    /// How many rows the statement changed.
    @discardableResult
    func execute(_ sql: SQL) throws(Failure) -> Int {
        do throws(PostgresError) {
            return try session.execute(sql)
        } catch {
            throw Failure(postgres: error)
        }
    }
}

extension Session {
    fileprivate func rows<Value>(
        _ sql: SQL, _ decode: (inout Row) throws(PostgresError) -> Value
    ) throws(Failure) -> [Value] {
        do throws(PostgresError) {
            return try query(sql, decode)
        } catch {
            throw Failure(postgres: error)
        }
    }
}

extension Failure {
    /// What a database error means to a caller. The server's text goes to the log only, inside `.defect`.
    init(postgres error: PostgresError) {
        switch error {
        case .unavailable, .outcomeUnknown, .timedOut: self = .unavailable(retryAfter: 2)
        case .decoding(let column, let reason): self = .defect("column \(column): \(reason)")
        case .server(let sqlState, let constraint, let message):
            switch sqlState {
            // A text that PostgreSQL cannot hold, such as U+0000.
            case "22021", "22P05": self = .invalid("body", "contains characters that cannot be stored")
            // Serialisation failure, deadlock, out of resources, read-only standby: another try may succeed.
            case "40001", "40P01", "53000", "53100", "53200", "53300", "53400", "25006":
                self = .unavailable(retryAfter: 1)
            default: self = .defect("SQLSTATE \(sqlState) \(constraint ?? "") \(message)")
            }
        }
    }

    init(crypto error: CryptoError) { self = .defect("crypto: \(error)") }
}
