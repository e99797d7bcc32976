import Domain

extension ExactDecimalSum {
    /// The exact difference; nil when a number has more than 19 digits before or 18 after the point.
    func minus(_ other: ExactDecimalSum) -> ExactDecimalSum? {
        guard let left = scaled, let right = other.scaled else { return nil }
        // Each has 37 digits at most, and an Int128 holds 38.
        let difference = left - right
        let digits = String(difference.magnitude)
        let padded = String(repeating: "0", count: max(0, Self.places + 1 - digits.count)) + digits
        var fraction = padded.suffix(Self.places)
        while fraction.last == "0" { fraction.removeLast() }
        let sign = difference < 0 ? "-" : ""
        return ExactDecimalSum(sign + padded.dropLast(Self.places) + (fraction.isEmpty ? "" : "." + fraction))
    }

    private static var places: Int { 18 }

    /// The number times ten to the power of `places`.
    private var scaled: Int128? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first else { return nil }
        let fraction = parts.count > 1 ? parts[1] : ""
        guard whole.drop(while: { $0 == "-" }).count <= 19, fraction.count <= Self.places else { return nil }
        return Int128(whole + fraction + String(repeating: "0", count: Self.places - fraction.count))
    }
}
