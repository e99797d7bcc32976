import CPostgreSQL

/// One row of a result, read column by column from the left. It lives as long as the call that lends it,
/// which is why it cannot be copied.
@usableFromInline
package struct Row: ~Copyable {
    private let result: OpaquePointer
    private let row: Int32
    private let columns: Int32
    /// The one read last, from 1.
    private var column: Int32 = 0

    init(_ result: OpaquePointer, row: Int32, columns: Int32) {
        self.result = result
        self.row = row
        self.columns = columns
    }

    /// The next column. A NULL, another type's text or a column too many is `.decoding`.
    ///
    /// Inlinable, because unspecialised its metadata look-ups cost 1.6 µs for 5 rows of 10 columns,
    /// a quarter of what libpq needs for the whole statement.
    @inlinable
    package mutating func next<T: SQLDecodable>(_ type: T.Type = T.self) throws(PostgresError) -> T {
        guard let text = try nextText() else { throw unreadable("is NULL") }
        guard let value = T(sqlText: text) else { throw unreadable("is not a \(T.self)") }
        return value
    }

    /// The next column, nil for NULL.
    @inlinable
    package mutating func nextOptional<T: SQLDecodable>(_ type: T.Type = T.self) throws(PostgresError) -> T? {
        guard let text = try nextText() else { return nil }
        guard let value = T(sqlText: text) else { throw unreadable("is not a \(T.self)") }
        return value
    }

    /// The octets of the next column, which belong to the result; nil for NULL.
    @usableFromInline
    mutating func nextText() throws(PostgresError) -> UnsafeBufferPointer<UInt8>? {
        column += 1
        guard column <= columns else { throw unreadable("does not exist") }
        let length = Int(PQgetlength(result, row, column - 1))
        guard length > 0 || PQgetisnull(result, row, column - 1) == 0,
            let start = PQgetvalue(result, row, column - 1)
        else { return nil }
        return UnsafeBufferPointer(start: UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self), count: length)
    }

    @usableFromInline
    func unreadable(_ reason: String) -> PostgresError { .decoding(column: Int(column), reason) }
}
