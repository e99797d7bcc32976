import CPostgreSQL

/// A connection that is lent to one thread for the length of one call. Afterwards every method is `.unavailable`.
package final class Session {
    private var connection: Connection?

    init(_ connection: Connection) { self.connection = connection }

    /// Takes the connection back.
    func end() -> Connection? {
        defer { connection = nil }
        return connection
    }

    func held() throws(PostgresError) -> Connection {
        guard let connection else { throw .unavailable("the session is over") }
        return connection
    }

    /// The rows of a statement, each read by `decode`.
    ///
    /// A lost link is `.unavailable`, so a statement that changes something and answers with rows belongs
    /// in a transaction.
    package func query<T>(
        _ sql: SQL, _ decode: (inout Row) throws(PostgresError) -> T
    ) throws(PostgresError) -> [T] {
        let outcome = try run(sql)
        let count = outcome.rowCount
        var rows: [T] = []
        rows.reserveCapacity(count)
        for index in 0..<count {
            var row = outcome.row(index)
            rows.append(try decode(&row))
        }
        return rows
    }

    func run(_ sql: SQL) throws(PostgresError) -> Outcome { try held().run(sql) }

    /// Runs a statement; the number of rows it touched. When the link is lost during a statement outside
    /// a transaction, which commits by itself, the error is `.outcomeUnknown`.
    package func execute(_ sql: SQL) throws(PostgresError) -> Int {
        let connection = try held()
        return try committing(alone: !connection.isInTransaction, connection) { () throws(PostgresError) in
            try connection.run(sql).affectedRows
        }
    }

    /// Runs several statements without binds in one exchange; without a transaction of their own, as one, and then
    /// a lost link is `.outcomeUnknown`. The text must be the program's or the operator's, never a caller's.
    package func script(_ text: String) throws(PostgresError) {
        let connection = try held()
        try committing(alone: !connection.isInTransaction, connection) { () throws(PostgresError) in
            try connection.script(text)
        }
    }

    /// Runs what commits by itself when it is `alone`, which is outside a transaction: when the link is lost,
    /// only the server knows whether it did.
    func committing<T>(
        alone: Bool, _ connection: Connection, _ body: () throws(PostgresError) -> T
    ) throws(PostgresError) -> T {
        do {
            return try body()
        } catch {
            throw alone && connection.isBroken && connection.isUnderWay ? .outcomeUnknown : error
        }
    }

    /// Another limit for the statements of the current transaction, such as for an export; 0 for none.
    /// Outside a transaction it is `.server` with 25P01.
    package func limitStatements(toMilliseconds milliseconds: Int) throws(PostgresError) {
        let connection = try held()
        guard connection.isInTransaction else {
            throw .server(sqlState: "25P01", constraint: nil, message: "limits are set inside a transaction")
        }
        let limit = max(0, milliseconds)
        try connection.script("SET LOCAL statement_timeout = \(limit)")
        connection.statementLimit = limit > 0 ? limit + Connection.grace : nil
    }
}
