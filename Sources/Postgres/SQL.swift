/// A statement with its binds.
///
/// Written as a literal; an interpolated value is always a bind (`$1`, `$2`, …) and never becomes text. Literals are
/// `StaticString`, so text that was made at run time cannot become a statement by accident.
package struct SQL: ExpressibleByStringInterpolation, Sendable {
    /// The text with numbered placeholders; the key of the prepared-statement cache.
    package let text: String
    /// The values of the placeholders in PostgreSQL's text format, nil for NULL.
    package let binds: [String?]

    package init(stringLiteral value: StaticString) {
        text = value.description
        binds = []
    }

    package init(stringInterpolation: StringInterpolation) {
        text = stringInterpolation.text
        binds = stringInterpolation.binds
    }

    /// Collects the pieces of a literal.
    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""
        fileprivate var binds: [String?] = []

        package init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + 4 * interpolationCount)
            binds.reserveCapacity(interpolationCount)
        }

        package mutating func appendLiteral(_ literal: StaticString) {
            literal.withUTF8Buffer { text += String(decoding: $0, as: UTF8.self) }
        }

        /// A value, sent apart from the text.
        package mutating func appendInterpolation(_ value: some SQLBindable) {
            binds.append(value.sqlText)
            text += "$"
            text += String(binds.count)
        }

        /// A value or NULL.
        package mutating func appendInterpolation<Value: SQLBindable>(_ value: Value?) {
            if let value {
                appendInterpolation(value)
            } else {
                binds.append(nil)
                text += "$"
                text += String(binds.count)
            }
        }

        /// A piece of SQL that several statements share, such as a list of columns.
        package mutating func appendInterpolation(literal: StaticString) { appendLiteral(literal) }
    }
}
