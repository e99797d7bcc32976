/// An exact decimal number as canonical text: money, rates, a model's temperature.
///
/// There is no arithmetic here: PostgreSQL's numeric does it.
package struct ExactDecimal: Hashable, Sendable {
    /// Without exponent, leading zeros, trailing zeros of the fraction, `+` or `-0`.
    package let text: String

    /// Takes digits with an optional sign and fraction: at most 15 digits before and 10 after the point, of which
    /// trailing zeros do not count. Nil for anything else, exponents included.
    package init?(_ text: String) {
        var octets = Array(text.utf8)[...]
        let isNegative = octets.first == UInt8(ascii: "-")
        if isNegative { octets = octets.dropFirst() }
        let parts = octets.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard let whole = parts.first, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy { digits ~= $0 } }) else {
            return nil
        }
        let zero = UInt8(ascii: "0")
        let integer = whole.drop { $0 == zero }
        var fraction = parts.count > 1 ? Array(parts[1]) : []
        while fraction.last == zero { fraction.removeLast() }
        guard integer.count <= 15, fraction.count <= 10 else { return nil }
        var canonical = integer.isEmpty ? "0" : String(decoding: integer, as: UTF8.self)
        if !fraction.isEmpty { canonical += "." + String(decoding: fraction, as: UTF8.self) }
        self.text = isNegative && canonical != "0" ? "-" + canonical : canonical
    }

    /// A number of JSON: as `init(_:)`, and with an exponent, as JavaScript writes 0.0000001 (`1e-7`). Nil for one whose
    /// plain form is too long.
    package static func json(_ text: String) -> ExactDecimal? {
        let parts = text.utf8.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 | 0x20 == UInt8(ascii: "e") }
        guard parts.count == 2, let mantissa = parts.first, let written = parts.last else {
            return ExactDecimal(text)
        }
        // A bound for the zeros below: what is kept has 15 digits before and 10 after the point.
        guard let exponent = Int(String(decoding: written, as: UTF8.self)), -100...100 ~= exponent else { return nil }
        let isNegative = mantissa.first == UInt8(ascii: "-")
        let halves = mantissa.dropFirst(isNegative ? 1 : 0)
            .split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        let range = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard let whole = halves.first, halves.allSatisfy({ !$0.isEmpty && $0.allSatisfy { range ~= $0 } }) else {
            return nil
        }
        let digits = halves.flatMap { String(decoding: $0, as: UTF8.self) }
        let point = whole.count + exponent
        let zeros = { (count: Int) in String(repeating: "0", count: max(0, count)) }
        let padded = zeros(1 - point) + String(digits) + zeros(point - digits.count)
        let integer = padded.prefix(max(1, point))
        let fraction = padded.dropFirst(integer.count)
        return ExactDecimal((isNegative ? "-" : "") + integer + (fraction.isEmpty ? "" : "." + fraction))
    }

    package var isNegative: Bool { text.utf8.first == UInt8(ascii: "-") }

    /// Whether the number lies between two whole numbers, both included.
    package func isWithin(_ range: ClosedRange<Int>) -> Bool {
        let unsigned = isNegative ? text.utf8.dropFirst() : text.utf8[...]
        let parts = unsigned.split(separator: UInt8(ascii: "."))
        guard let whole = parts.first.flatMap({ Int(String(decoding: $0, as: UTF8.self)) }) else { return false }
        // Rounded towards minus infinity and towards plus infinity: both must lie inside.
        let hasFraction = parts.count > 1
        let floor = isNegative ? (hasFraction ? -whole - 1 : -whole) : whole
        let ceiling = isNegative ? -whole : (hasFraction ? whole + 1 : whole)
        return floor >= range.lowerBound && ceiling <= range.upperBound
    }
}

/// A number that PostgreSQL computed, such as a sum of money: exact, and as long as it has to be.
package struct ExactDecimalSum: Hashable, Sendable {
    package let text: String

    package static let zero = ExactDecimalSum(canonical: "0")

    private init(canonical text: String) { self.text = text }

    /// Takes what PostgreSQL writes for a numeric: digits with an optional sign and fraction. Nil for NaN and Infinity.
    package init?(_ text: String) {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        let unsigned = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
        let parts = unsigned.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy { digits ~= $0 } }) else { return nil }
        self.text = text
    }
}
