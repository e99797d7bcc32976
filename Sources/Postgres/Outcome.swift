import CPostgreSQL

/// One result of a statement; freed with it.
struct Outcome: ~Copyable {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { PQclear(pointer) }

    var rowCount: Int { Int(PQntuples(pointer)) }

    /// One of its rows, which must not be used after it.
    func row(_ index: Int) -> Row { Row(pointer, row: Int32(clamping: index), columns: PQnfields(pointer)) }

    var status: ExecStatusType { PQresultStatus(pointer) }

    var isError: Bool {
        status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE || status == PGRES_NONFATAL_ERROR
    }

    /// COPY has taken the connection over: no further result comes before the copy is dealt with.
    var isCopy: Bool { status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH }

    /// The rows that the statement touched, 0 where it has no such number.
    var affectedRows: Int {
        guard let text = PQcmdTuples(pointer) else { return 0 }
        return Int(String(cString: text)) ?? 0
    }

    /// The command that was really done: COMMIT of a failed transaction reports ROLLBACK.
    var command: String {
        guard let text = PQcmdStatus(pointer) else { return "" }
        return String(cString: text)
    }

    /// What the server reported, nil when this is no error. An error without an SQLSTATE comes from libpq itself
    /// and means that the link is gone.
    var error: PostgresError? {
        guard isError else { return nil }
        let message = field(CChar(UInt8(ascii: "M"))) ?? trimmed(PQresultErrorMessage(pointer))
        guard let sqlState else { return .unavailable(message) }
        return PostgresError(sqlState: sqlState, constraint: field(CChar(UInt8(ascii: "n"))), message: message)
    }

    var sqlState: String? { field(CChar(UInt8(ascii: "C"))) }

    /// The prepared statement is unknown to the server: a pooler or `DISCARD ALL` took it away.
    var lostStatement: Bool { isError && sqlState == "26000" }

    /// The prepared statement no longer fits the tables. 0A000 means many things, and its text is translated;
    /// the name of the server's function that reports this one is neither.
    var outdatedStatement: Bool {
        isError && sqlState == "0A000" && field(CChar(UInt8(ascii: "R"))) == "RevalidateCachedQuery"
    }

    /// Field codes are those of the protocol ("Error and Notice Message Fields").
    private func field(_ code: CChar) -> String? {
        PQresultErrorField(pointer, Int32(code)).map { String(cString: $0) }
    }
}

/// A message of libpq without its line ends.
func trimmed(_ message: UnsafePointer<CChar>?) -> String {
    guard let message else { return "no message" }
    let text = String(cString: message)
    return text.split(separator: "\n").joined(separator: "; ")
}
