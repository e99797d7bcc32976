/// Sentences for the operator. They may quote the server's messages, so they are not for callers of the API.
extension PostgresError {
    /// Why it failed, in one line.
    package var reason: String {
        switch self {
        case .unavailable(let text): "the database cannot be reached: \(text)"
        case .outcomeUnknown: "the connection was lost during the commit: look whether the change is there"
        case .timedOut: "the database did not answer in time, or a lock is held by somebody else"
        case .server(let sqlState, _, let message): "the database refused: \(message) (SQLSTATE \(sqlState))"
        case .decoding(let column, let text): "column \(column) of the answer is not readable: \(text)"
        }
    }
}

extension MigrationError {
    /// Why nothing was applied, in one line.
    package var reason: String {
        switch self {
        case .unreadable(let path): "\(path) cannot be read"
        case .badName(let file): "\(file) is not named NNNN_what_changes.sql"
        case .duplicateNumber(let file): "the number of \(file) stands twice"
        case .gap(let file): "a number is missing before \(file)"
        case .transactionControl(let name, let word): "\(name) contains \(word), but its transaction is ours"
        case .changed(let name): "\(name) is applied, and its file was changed since"
        case .unknown(let name): "the database has \(name), which is not known here: it belongs to a newer program"
        case .skipped(let name): "\(name) is not applied, but a later one is"
        case .failed(let name, let error): "\(name) was rolled back: \(error.reason)"
        case .database(let error): error.reason
        }
    }
}

extension MigrationStatus {
    /// What there is to do, in one line.
    package var reason: String {
        switch self {
        case .current: "current"
        case .pending(let names): "to be applied: \(names.joined(separator: ", "))"
        case .changed(let name): MigrationError.changed(name).reason
        case .unknown(let name): MigrationError.unknown(name).reason
        case .skipped(let name): MigrationError.skipped(name).reason
        }
    }
}
