import JSON

/// The range of one numeric parameter.
struct NumberRule: Sendable {
    enum Violation: Equatable, Sendable {
        case notANumber, notWhole
        /// The value as it was written.
        case below(String)
        case above(String)
    }

    let name: String
    /// The limits as vendors print them: `2`, `0.01`.
    let lowest: String
    let highest: String
    var isWhole = false

    init(_ name: String, _ lowest: String, _ highest: String) {
        self.name = name
        self.lowest = lowest
        self.highest = highest
    }

    /// A whole number that is at least 1.
    static func count(_ name: String) -> NumberRule {
        var rule = NumberRule(name, "1", "2147483647")
        rule.isWhole = true
        return rule
    }

    /// What is wrong with the value; nil when it is in range, absent or null.
    func violation(in parameters: JSONValue) -> Violation? {
        guard let value = parameters.given(name) else { return nil }
        guard let number = value.number else { return .notANumber }
        if isWhole, value.int == nil { return .notWhole }
        let written = Millionths(number)
        if let limit = JSONNumber(lowest), written < Millionths(limit) { return .below(number.text) }
        if let limit = JSONNumber(highest), written > Millionths(limit) { return .above(number.text) }
        return nil
    }
}
