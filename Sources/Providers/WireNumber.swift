import Domain
import JSON

/// The exact value of a JSON number: 0.d1d2d3… × 10^point. There is no binary rounding to explain.
struct WireNumber: Comparable {
    private let isNegative: Bool
    /// Values 0 to 9 without leading or trailing zeros; empty is zero.
    private let digits: [UInt8]
    private let point: Int

    init(_ number: JSONNumber) { self.init(grammatical: number.text) }

    /// The text follows the JSON grammar for numbers.
    init(grammatical text: String) {
        let parts = text.utf8.split(whereSeparator: { $0 | 0x20 == UInt8(ascii: "e") })
        let mantissa = (parts.first.map(Array.init) ?? []).filter { $0 != UInt8(ascii: "-") }
        let whole = mantissa.prefix { $0 != UInt8(ascii: ".") }.count
        let all = mantissa.filter { $0 != UInt8(ascii: ".") }.map { $0 &- 0x30 }
        let significant = all.drop { $0 == 0 }
        var trimmed = Array(significant)
        while trimmed.last == 0 { trimmed.removeLast() }
        digits = trimmed
        isNegative = text.utf8.first == UInt8(ascii: "-") && !trimmed.isEmpty
        point = whole - (all.count - significant.count) + Self.exponent(parts.count > 1 ? Array(parts[1]) : [])
    }

    /// Exponents beyond any useful size are cut to one that still compares as huge or tiny.
    private static func exponent(_ text: [UInt8]) -> Int {
        let limit = 1_000_000
        guard let value = Int(String(decoding: text, as: UTF8.self)) else {
            return text.isEmpty ? 0 : text.first == UInt8(ascii: "-") ? -limit : limit
        }
        return min(max(value, -limit), limit)
    }

    static func < (left: WireNumber, right: WireNumber) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        return left.isNegative ? right.isNearerToZero(than: left) : left.isNearerToZero(than: right)
    }

    static func == (left: WireNumber, right: WireNumber) -> Bool {
        left.digits == right.digits && left.isNegative == right.isNegative
            && (left.digits.isEmpty || left.point == right.point)
    }

    private func isNearerToZero(than other: WireNumber) -> Bool {
        if digits.isEmpty || other.digits.isEmpty { return digits.isEmpty && !other.digits.isEmpty }
        return point == other.point
            ? digits.lexicographicallyPrecedes(other.digits) : point < other.point
    }

    /// The value when it is whole and has 16 digits at most (2^53 has 16), however it was written.
    var integer: Int? {
        guard !digits.isEmpty else { return 0 }
        guard point >= digits.count, point <= 16 else { return nil }
        var value = digits.reduce(0) { $0 * 10 + Int($1) }
        for _ in digits.count..<point { value *= 10 }
        return isNegative ? -value : value
    }

    /// The value times ten to the power of `places`, exactly; nil when it has more than 40 digits on a side.
    func decimal(shiftedBy places: Int = 0) -> ExactDecimalSum? {
        guard !digits.isEmpty else { return ExactDecimalSum("0") }
        let point = point + places
        guard -40...40 ~= point, digits.count <= 80 else { return nil }
        let text = String(decoding: digits.map { $0 + 0x30 }, as: UTF8.self)
        let zeros = { (count: Int) in String(repeating: "0", count: max(0, count)) }
        let whole = point > 0 ? text.prefix(point) + zeros(point - digits.count) : "0"
        let fraction = zeros(-point) + text.dropFirst(max(0, point))
        return ExactDecimalSum((isNegative ? "-" : "") + whole + (fraction.isEmpty ? "" : "." + fraction))
    }
}

extension JSONNumber {
    /// The text of the nearest number between two bounds, themselves texts of JSON numbers.
    func clamped(_ low: String, _ high: String) -> String {
        let value = WireNumber(self)
        if value < WireNumber(grammatical: low) { return low }
        return value > WireNumber(grammatical: high) ? high : text
    }
}
