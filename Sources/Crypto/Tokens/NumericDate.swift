import JSON

/// A NumericDate of RFC 7519: seconds since 1970, perhaps with a fraction.
enum NumericDate {
    /// The end of the year 9999. Later times are a mistake, usually milliseconds.
    static let latest: Int64 = 253_402_300_799

    /// Whole seconds, the fraction cut off; nil for negative times, for those after `latest` and for anything that
    /// is not a number.
    ///
    /// Works on the digits: a binary float would round, and converting a huge one to an integer traps.
    static func seconds(_ value: JSONValue) -> Int64? {
        guard case .number(let number) = value else { return nil }
        // Nearly every time is written as plain digits.
        if let seconds = Int64(number.text) { return 0...latest ~= seconds && number.text != "-0" ? seconds : nil }
        return exactSeconds(number.text)
    }

    private static func exactSeconds(_ text: String) -> Int64? {
        guard !text.hasPrefix("-") else { return nil }
        let parts = text.utf8.split(maxSplits: 1) { $0 | 0x20 == UInt8(ascii: "e") }
        let mantissa = parts.first?.split(separator: UInt8(ascii: "."), maxSplits: 1) ?? []
        guard let whole = mantissa.first else { return nil }
        // Beyond two digits of exponent a time is out of range, whatever the mantissa.
        guard let exponent = parts.count == 2 ? Int(Substring(parts[1])) : 0, (-99...99).contains(exponent) else {
            return nil
        }
        let digits = mantissa.flatMap { Array($0) }
        var seconds: Int64 = 0
        for index in 0..<max(0, whole.count + exponent) {
            let digit = index < digits.count ? Int64(digits[index] & 0x0F) : 0
            seconds = seconds * 10 + digit
            guard seconds <= latest else { return nil }
        }
        return seconds
    }
}
