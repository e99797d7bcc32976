import CPostgreSQL

extension Session {
    /// BEGIN, `body`, COMMIT; ROLLBACK when `body` throws, and then its error is the one that is thrown.
    /// `mapping` turns our own errors into the caller's. Does not nest: a second BEGIN is `.server` with 25001.
    package func transaction<T, E: Error>(
        mapping: (PostgresError) -> E, _ body: (Session) throws(E) -> T
    ) throws(E) -> T {
        do throws(PostgresError) { try begin() } catch { throw mapping(error) }
        let value: T
        do throws(E) {
            value = try body(self)
        } catch {
            rollBack()
            throw error
        }
        do throws(PostgresError) { try commit() } catch { throw mapping(error) }
        return value
    }

    private func begin() throws(PostgresError) {
        let connection = try held()
        guard !connection.isInTransaction else {
            throw .server(sqlState: "25001", constraint: nil, message: "there is already a transaction")
        }
        guard !connection.settings.usesPreparedStatements else { return try connection.script("BEGIN") }
        // Behind a pooler the session is not ours, so the limits live as long as the transaction does.
        let limits = connection.settings.limits.map { "; SET LOCAL \($0.name) = \($0.milliseconds)" }
        try connection.script("BEGIN" + limits.joined())
    }

    private func commit() throws(PostgresError) {
        let connection = try held()
        let command: String
        do {
            command = try connection.command("COMMIT")
        } catch {
            // Once COMMIT is on its way only the server knows whether it was done. An answer, even a refusal,
            // is known; a link that ended without or right after one is not.
            guard !connection.isBroken else { throw connection.isUnderWay ? .outcomeUnknown : error }
            connection.resetStatementLimit()
            throw error
        }
        connection.resetStatementLimit()
        // A statement failed, the body went on as if it had not, and the server undid everything.
        guard command == "COMMIT" else {
            throw .server(sqlState: "25P02", constraint: nil, message: "the transaction had failed before its COMMIT")
        }
    }

    /// Never throws, so that it cannot hide the error that led here: a connection that cannot be rolled back
    /// is closed, which rolls back as well.
    private func rollBack() {
        guard let connection = try? held(), !connection.isBroken else { return }
        do {
            try connection.script("ROLLBACK")
            connection.resetStatementLimit()
        } catch {
            _ = connection.lost("ROLLBACK failed")
        }
    }
}
