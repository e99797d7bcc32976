import CPostgreSQL

/// One row of a result, read column by column from the left. It lives as long as the call that lends it,
/// which is why it cannot be copied.
package struct Row: ~Copyable {
    private let result: OpaquePointer
    private let row: Int32
    private let columns: Int32
    private var column: Int32 = 0

    init(_ result: OpaquePointer, row: Int32, columns: Int32) {
        self.result = result
        self.row = row
        self.columns = columns
    }

    /// The next column. A NULL, another type's text or a column too many is `.decoding`.
    package mutating func next<T: SQLDecodable>(_ type: T.Type = T.self) throws(PostgresError) -> T {
        guard let value = try nextOptional(type) else { throw .decoding(column: Int(column), "is NULL") }
        return value
    }

    /// The next column, nil for NULL.
    package mutating func nextOptional<T: SQLDecodable>(_ type: T.Type = T.self) throws(PostgresError) -> T? {
        guard column < columns else { throw .decoding(column: Int(column) + 1, "does not exist") }
        let current = column
        column += 1
        let length = Int(PQgetlength(result, row, current))
        guard length > 0 || PQgetisnull(result, row, current) == 0 else { return nil }
        guard let start = PQgetvalue(result, row, current) else { return nil }
        let text = UnsafeBufferPointer(
            start: UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self), count: length)
        guard let value = T(sqlText: text) else {
            throw .decoding(column: Int(current) + 1, "is not a \(T.self)")
        }
        return value
    }
}
