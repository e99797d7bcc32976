import CPostgreSQL
import Foundation

extension Session {
    /// Runs `COPY … FROM STDIN` with the octets that `rows` produces until it returns nil; the number of rows.
    /// Each chunk is sent before the next is asked for, so memory stays constant. When `rows` throws, nothing is
    /// loaded and its error is thrown. Chunks need not end with a row.
    package func copyIn(
        sql: String, rows: () throws(PostgresError) -> [UInt8]?
    ) throws(PostgresError) -> Int {
        let connection = try held()
        let isAlone = !connection.isInTransaction
        try connection.beginCopy(sql)
        do {
            while let chunk = try rows() { try connection.put(chunk) }
        } catch {
            if !connection.isBroken { connection.abandonCopy() }
            throw error
        }
        return try committing(alone: isAlone, connection) { () throws(PostgresError) in
            try connection.endCopy(reason: nil)
            return try connection.checked(connection.collect(until: connection.newLimit)).affectedRows
        }
    }

    /// Runs a statement and hands over its rows one at a time, in constant memory, until `onRow` returns false.
    ///
    /// Stopping early closes the connection, because the rest would still come; inside a transaction that ends
    /// the transaction. The server's statement limit counts the time that `onRow` takes, see `limitStatements`.
    package func stream<T>(
        _ sql: SQL, _ decode: (inout Row) throws(PostgresError) -> T, onRow: (T) -> Bool
    ) throws(PostgresError) {
        let connection = try held()
        // Not prepared: a plan that no longer fits would have to be noticed before the first row is handed over.
        try connection.sendUnprepared(sql)
        guard PQsetSingleRowMode(connection.handle) == 1 else { throw connection.lost("no single-row mode") }
        try connection.flush(until: connection.newLimit)
        while let outcome = try connection.nextOutcome(until: connection.newLimit) {
            if outcome.isCopy { throw connection.lost("COPY needs copyIn") }
            guard outcome.status == PGRES_SINGLE_TUPLE else {
                if let error = outcome.error { throw connection.drained(after: error) }
                continue
            }
            var row = outcome.row(0)
            do throws(PostgresError) {
                if onRow(try decode(&row)) { continue }
            } catch {
                _ = connection.lost("stopped")
                throw error
            }
            _ = connection.lost("stopped")
            return
        }
    }
}

extension Connection {
    /// Sends the COPY and waits until the server takes rows; after an error the connection can be used again.
    fileprivate func beginCopy(_ sql: String) throws(PostgresError) {
        guard !sql.utf8.contains(0) else { throw Self.nulRefused }
        try sent(PQsendQuery(handle, sql))
        try flush(until: newLimit)
        guard let begin = try nextOutcome(until: newLimit) else {
            throw lost("the server answered nothing")
        }
        guard begin.status == PGRES_COPY_IN else {
            if begin.isCopy { throw lost("not a COPY FROM STDIN") }
            while try nextOutcome(until: newLimit) != nil {}
            _ = try checked(begin)
            throw .server(sqlState: "42601", constraint: nil, message: "not a COPY FROM STDIN")
        }
    }

    /// Sends one chunk of a COPY completely; libpq alone would let its buffer grow.
    fileprivate func put(_ chunk: [UInt8]) throws(PostgresError) {
        let limit = newLimit
        for start in stride(from: 0, to: chunk.count, by: Self.copyPiece) {
            let piece = chunk[start..<min(chunk.count, start + Self.copyPiece)]
            var taken: Int32 = 0
            while taken == 0 {
                taken = piece.withUnsafeBytes { octets in
                    PQputCopyData(
                        handle, octets.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(clamping: octets.count))
                }
                if taken == 0 { try wait(toWrite: true, until: limit) }
            }
            guard taken == 1 else { throw lost() }
            try flush(until: limit)
        }
    }

    /// Octets in one CopyData message.
    private static var copyPiece: Int { 65_536 }

    fileprivate func endCopy(reason: String?) throws(PostgresError) {
        var taken: Int32 = 0
        while taken == 0 {
            taken = PQputCopyEnd(handle, reason)
            if taken == 0 { try wait(toWrite: true, until: newLimit) }
        }
        guard taken == 1 else { throw lost() }
    }

    /// Tells the server to forget what it was sent. Its complaint about that is expected; a connection that cannot
    /// even be told is closed.
    fileprivate func abandonCopy() {
        do {
            try endCopy(reason: "abandoned")
            _ = try collect(until: newLimit)
        } catch {
            _ = lost("the COPY could not be abandoned")
        }
    }

    /// Reads what is left after an error so that the connection can be used again; returns the error.
    fileprivate func drained(after error: PostgresError) -> PostgresError {
        do throws(PostgresError) {
            while try nextOutcome(until: newLimit) != nil {}
        } catch {
            // `wait` has given the connection up; the first error is the one that tells why.
        }
        return error
    }
}
