/// A price as a whole number of 10⁻¹⁰, the smallest step that prices have. Sums stay exact without a decimal type.
package struct Rate: Sendable, Equatable {
    let steps: Int64

    private static let places = 10

    /// Takes digits with an optional fraction of at most ten; nil for anything else and for what is too large.
    package init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty else { return nil }
        var fraction = parts.count > 1 ? Array(parts[1]) : []
        guard fraction.count <= Self.places else { return nil }
        while fraction.count < Self.places { fraction.append(UInt8(ascii: "0")) }
        var steps: Int64 = 0
        for octet in Array(whole) + fraction {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= octet else { return nil }
            let (shifted, tooLarge) = steps.multipliedReportingOverflow(by: 10)
            let (next, overflows) = shifted.addingReportingOverflow(Int64(octet - 0x30))
            guard !tooLarge, !overflows else { return nil }
            steps = next
        }
        self.steps = steps
    }

    /// What so many units cost, as a decimal number; nil when it is beyond what can be counted.
    func cost(ofUnits count: Int) -> String? {
        let (product, overflows) = steps.multipliedReportingOverflow(by: Int64(count))
        return overflows ? nil : Self.decimal(product, places: Self.places)
    }

    /// What so many tokens cost at rates for a million of them.
    static func cost(prompt: Int, at input: Rate, completion: Int, at output: Rate) -> String? {
        let (first, tooLarge) = input.steps.multipliedReportingOverflow(by: Int64(prompt))
        let (second, tooLargeAsWell) = output.steps.multipliedReportingOverflow(by: Int64(completion))
        let (sum, overflows) = first.addingReportingOverflow(second)
        return tooLarge || tooLargeAsWell || overflows ? nil : decimal(sum, places: places + 6)
    }

    /// Without zeros at the end of the fraction.
    private static func decimal(_ steps: Int64, places: Int) -> String {
        var digits = Array(String(steps).utf8)
        while digits.count <= places { digits.insert(UInt8(ascii: "0"), at: 0) }
        var fraction = digits.suffix(places)
        while fraction.last == UInt8(ascii: "0") { fraction.removeLast() }
        let whole = String(decoding: digits.dropLast(places), as: UTF8.self)
        return fraction.isEmpty ? whole : whole + "." + String(decoding: fraction, as: UTF8.self)
    }
}
