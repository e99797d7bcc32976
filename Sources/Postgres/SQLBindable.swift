/// What can be the value of a placeholder.
package protocol SQLBindable {
    /// The value in PostgreSQL's text format; nil is NULL. The server infers the type from the statement.
    var sqlText: String? { get }
}

/// Octets for a `bytea` column.
@usableFromInline
package struct SQLBytes: Equatable, Sendable {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }
}

extension String: SQLBindable {
    package var sqlText: String? { self }
}

extension Int: SQLBindable {
    package var sqlText: String? { String(self) }
}

extension Int64: SQLBindable {
    package var sqlText: String? { String(self) }
}

extension Bool: SQLBindable {
    package var sqlText: String? { self ? "t" : "f" }
}

extension Optional: SQLBindable where Wrapped: SQLBindable {
    package var sqlText: String? { self?.sqlText }
}

extension SQLBytes: SQLBindable {
    /// The `\x` form; PostgreSQL accepts it whatever `bytea_output` is.
    package var sqlText: String? {
        var text: [UInt8] = [UInt8(ascii: "\\"), UInt8(ascii: "x")]
        text.reserveCapacity(2 + 2 * bytes.count)
        for byte in bytes {
            text.append(Self.digit(byte >> 4))
            text.append(Self.digit(byte & 15))
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
}

extension Array: SQLBindable where Element: SQLBindable {
    /// A one-dimensional array literal, `{"a","b",NULL}`. Elements that are arrays themselves are not supported.
    package var sqlText: String? {
        var text: [UInt8] = [UInt8(ascii: "{")]
        for element in self {
            if text.count > 1 { text.append(UInt8(ascii: ",")) }
            guard let value = element.sqlText else {
                text.append(contentsOf: "NULL".utf8)
                continue
            }
            // Quoted always: an empty element, the word NULL and white space need no rules of their own.
            text.append(UInt8(ascii: "\""))
            for octet in value.utf8 {
                if octet == UInt8(ascii: "\"") || octet == UInt8(ascii: "\\") { text.append(UInt8(ascii: "\\")) }
                text.append(octet)
            }
            text.append(UInt8(ascii: "\""))
        }
        text.append(UInt8(ascii: "}"))
        return String(decoding: text, as: UTF8.self)
    }
}
