import CPostgreSQL

extension Connection {
    /// More texts than this program has. At the limit the server is told to forget all of them, which is rarer and
    /// simpler than to forget the one used longest ago.
    static let preparedLimit = 512

    /// Runs one statement and returns its result.
    func run(_ sql: SQL) throws(PostgresError) -> Outcome {
        let limit = newLimit
        try send(sql, until: limit)
        let outcome = try collect(until: limit)
        guard outcome.isError, forgets(outcome, sql), !isBroken, PQtransactionStatus(handle) == PQTRANS_IDLE else {
            return try checked(outcome)
        }
        // Nothing was done and no transaction was ended by it, so once more with a fresh plan is safe.
        try send(sql, until: limit)
        return try checked(collect(until: limit))
    }

    /// Sends one statement, prepared the first time it is seen; the results are still to be read.
    func send(_ sql: SQL, until limit: TimeLimit) throws(PostgresError) {
        guard settings.usesPreparedStatements else { return try sendUnprepared(sql) }
        let name = try preparedName(sql.text, until: limit)
        let taken = try withBinds(sql.binds) { count, values in
            PQsendQueryPrepared(handle, name, count, values, nil, nil, 0)
        }
        try sent(taken)
    }

    /// Sends one statement without keeping its plan.
    func sendUnprepared(_ sql: SQL) throws(PostgresError) {
        guard !sql.text.utf8.contains(0) else { throw Self.nulRefused }
        let taken = try withBinds(sql.binds) { count, values in
            PQsendQueryParams(handle, sql.text, count, nil, values, nil, nil, 0)
        }
        try sent(taken)
    }

    private func preparedName(_ text: String, until limit: TimeLimit) throws(PostgresError) -> String {
        if let name = preparedNames[text] { return name }
        guard !text.utf8.contains(0) else { throw Self.nulRefused }
        if preparedCount >= Self.preparedLimit {
            try script("DEALLOCATE ALL")
            preparedNames.removeAll(keepingCapacity: true)
            preparedCount = 0
        }
        // Counted up for good within one filling, so that a name which the server still knows is never used twice.
        let name = "s\(preparedCount)"
        preparedCount += 1
        try sent(PQsendPrepare(handle, name, text, 0, nil))
        _ = try checked(collect(until: limit))
        preparedNames[text] = name
        return name
    }

    /// Forgets a prepared statement that the server cannot run any more; whether it was such an error.
    private func forgets(_ outcome: borrowing Outcome, _ sql: SQL) -> Bool {
        if outcome.lostStatement {
            preparedNames.removeAll(keepingCapacity: true)
            return true
        }
        guard outcome.outdatedStatement else { return false }
        preparedNames[sql.text] = nil
        return true
    }

    /// Runs statements without binds in one exchange.
    func script(_ text: String) throws(PostgresError) {
        _ = try command(text)
    }

    /// Runs statements without binds; the command that the last one reports.
    func command(_ text: String) throws(PostgresError) -> String {
        guard !text.utf8.contains(0) else { throw Self.nulRefused }
        try sent(PQsendQuery(handle, text))
        return try checked(collect(until: newLimit)).command
    }
}
