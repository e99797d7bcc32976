/// What can go wrong between us and PostgreSQL.
@usableFromInline
package enum PostgresError: Error, Sendable, Equatable {
    /// The database is away: no connection, connection lost before COMMIT was sent, server starting or stopping
    /// (class 08, 57P01, 57P02, 57P03, 57P05, 53300), or no free connection in time. Nothing was changed.
    /// The text is for the log; it names hosts, never a password.
    case unavailable(String)
    /// The connection was lost while COMMIT, or a statement that commits by itself, was under way.
    case outcomeUnknown
    /// The server gave up after a limit: statement (57014), lock (55P03) or idle transaction (25P03).
    case timedOut
    /// The server refused the statement. The message is for the log and is never shown to a caller.
    /// A NUL in a bind is refused here without asking, with the server's own 22021.
    case server(sqlState: String, constraint: String?, message: String)
    /// A column is not what the program expects; columns count from 1.
    case decoding(column: Int, String)

    /// The SQLSTATE of a refused statement, nil for everything else.
    package var sqlState: String? {
        if case .server(let sqlState, _, _) = self { sqlState } else { nil }
    }

    /// Sorts what the server reported by its SQLSTATE, never by its words
    /// (PostgreSQL documentation, appendix A "PostgreSQL Error Codes").
    init(sqlState: String, constraint: String?, message: String) {
        switch sqlState {
        case "57P01", "57P02", "57P03", "57P05", "53300": self = .unavailable(message)
        case _ where sqlState.hasPrefix("08"): self = .unavailable(message)
        case "57014", "55P03", "25P03": self = .timedOut
        default: self = .server(sqlState: sqlState, constraint: constraint, message: message)
        }
    }
}
