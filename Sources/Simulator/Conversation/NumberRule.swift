import JSON

/// The range of one numeric parameter.
struct NumberRule: Sendable {
    enum Violation: Equatable, Sendable {
        case notANumber, notWhole
        case below(String)
        case above(String)
    }

    let name: String
    let lowest: Double
    let highest: Double
    var isWhole = false

    init(_ name: String, _ range: ClosedRange<Double>) {
        self.name = name
        lowest = range.lowerBound
        highest = range.upperBound
    }

    /// A whole number that is at least 1.
    static func count(_ name: String) -> NumberRule {
        var rule = NumberRule(name, 1...2_147_483_647)
        rule.isWhole = true
        return rule
    }

    /// What is wrong with the value; nil when it is in range, absent or null.
    func violation(in parameters: JSONValue) -> Violation? {
        guard let value = parameters.given(name) else { return nil }
        guard let number = value.double else { return .notANumber }
        if isWhole, value.int == nil { return .notWhole }
        if number < lowest { return .below(value.number?.text ?? "") }
        return number > highest ? .above(value.number?.text ?? "") : nil
    }

    /// A limit as vendors print it: `2`, `0.01`.
    static func text(_ limit: Double) -> String {
        Int(exactly: limit).map(String.init) ?? "\(limit)"
    }
}
