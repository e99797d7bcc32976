/// Arithmetic on what providers write: no number of theirs may be too large for it.
extension Int {
    /// Nil when one of them is unknown or negative, or the sum is more than a number holds.
    static func sum(_ sizes: some Sequence<Int?>) -> Int? {
        sizes.reduce(0) { sum, size in
            guard let sum, let size, size >= 0 else { return nil }
            let (total, overflows) = sum.addingReportingOverflow(size)
            return overflows ? nil : total
        }
    }

    /// How many units it takes to hold this, a part of one counted as a whole.
    func rounded(upTo unit: Int) -> Int { self / unit + (self % unit > 0 ? 1 : 0) }

    /// Nil when the product is more than a number holds.
    func times(_ factor: Int) -> Int? {
        let (product, overflows) = multipliedReportingOverflow(by: factor)
        return overflows ? nil : product
    }
}
