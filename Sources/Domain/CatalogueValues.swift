/// An amount of money as exact decimal text: 1 to 12 digits and, after a point, up to 12 more. Never negative.
package struct Amount: Sendable, Hashable {
    package let text: String

    /// Nil for anything else, a sign, an exponent or a leading zero before another digit included.
    package init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard 1...2 ~= parts.count,
            parts.allSatisfy({ 1...12 ~= $0.count && $0.allSatisfy { 0x30...0x39 ~= $0 } }),
            let whole = parts.first, whole.count == 1 || whole.first != UInt8(ascii: "0")
        else { return nil }
        self.text = text
    }
}

/// A day in UTC, `YYYY-MM-DD`.
package struct CatalogueDay: Sendable, Hashable {
    package let text: String

    /// Nil for anything that is not a day of the calendar in this form.
    package init?(_ text: String) {
        let octets = Array(text.utf8)
        guard octets.count == 10, octets[4] == UInt8(ascii: "-"), octets[7] == UInt8(ascii: "-"),
            octets.enumerated().allSatisfy({ [4, 7].contains($0) || 0x30...0x39 ~= $1 }),
            let year = Int(text.prefix(4)), let month = Int(text.dropFirst(5).prefix(2)), let day = Int(text.suffix(2)),
            CivilTime.days(year: year, month: month, day: day) != nil
        else { return nil }
        self.text = text
    }
}

/// What a model makes.
package enum ModelKind: String, Sendable {
    case chat, embedding, image, video, audio
}
