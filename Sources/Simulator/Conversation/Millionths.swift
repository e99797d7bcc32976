import JSON

/// A JSON number in millionths, for comparison with a limit: no binary fraction, so that `0.99` is `0.99`.
/// Digits beyond the sixth are cut off; what is too large counts as the largest number there is.
struct Millionths: Comparable, Sendable {
    let count: Int

    init(_ number: JSONNumber) {
        let parts = number.text.lowercased().split(separator: "e", maxSplits: 1)
        let mantissa = (parts.first ?? "").drop { $0 == "-" }.split(separator: ".", maxSplits: 1)
        let fraction = mantissa.count > 1 ? mantissa[1] : ""
        let digits = ((mantissa.first ?? "") + fraction).drop { $0 == "0" }
        let exponent = parts.count > 1 ? Int(parts[1].drop { $0 == "+" }) ?? 0 : 0
        // Where the units of the millionths are, counted from the first digit that is not zero.
        let places = digits.count - fraction.count + max(-1_000, min(exponent, 1_000)) + 6
        let shown = digits.prefix(max(0, places)) + String(repeating: "0", count: max(0, places - digits.count))
        let magnitude = digits.isEmpty || shown.isEmpty ? 0 : Int(shown) ?? .max
        count = number.text.hasPrefix("-") ? -magnitude : magnitude
    }

    init(whole: Int) { self.init(JSONNumber(whole)) }

    static func < (left: Millionths, right: Millionths) -> Bool { left.count < right.count }
}

extension JSONValue {
    /// The number for comparison with a limit, nil for anything that is not a number.
    var millionths: Millionths? { number.map { Millionths($0) } }
}
