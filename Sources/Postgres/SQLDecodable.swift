/// What can be read from a column.
@usableFromInline
package protocol SQLDecodable {
    /// Reads PostgreSQL's text format; nil when the text is not such a value. The octets are valid during the call only.
    init?(sqlText: UnsafeBufferPointer<UInt8>)
}

extension String: SQLDecodable {
    @usableFromInline
    package init?(sqlText: UnsafeBufferPointer<UInt8>) {
        self.init(validating: sqlText, as: UTF8.self)
    }
}

extension Int64: SQLDecodable {
    /// Digits with an optional minus; no sign otherwise, no space, no fraction.
    @usableFromInline
    package init?(sqlText: UnsafeBufferPointer<UInt8>) {
        var digits = sqlText[...]
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative { digits = digits.dropFirst() }
        guard !digits.isEmpty else { return nil }
        // Counted downwards, because the smallest value has no positive counterpart.
        var value: Int64 = 0
        for octet in digits {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= octet else { return nil }
            let (shifted, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (next, overflows) = shifted.subtractingReportingOverflow(Int64(octet &- UInt8(ascii: "0")))
            guard !tooLarge, !overflows else { return nil }
            value = next
        }
        guard isNegative || value != .min else { return nil }
        self = isNegative ? value : -value
    }
}

extension Int: SQLDecodable {
    @usableFromInline
    package init?(sqlText: UnsafeBufferPointer<UInt8>) {
        guard let value = Int64(sqlText: sqlText) else { return nil }
        self.init(exactly: value)
    }
}

extension Bool: SQLDecodable {
    @usableFromInline
    package init?(sqlText: UnsafeBufferPointer<UInt8>) {
        guard sqlText.count == 1 else { return nil }
        switch sqlText[0] {
        case UInt8(ascii: "t"): self = true
        case UInt8(ascii: "f"): self = false
        default: return nil
        }
    }
}

extension SQLBytes: SQLDecodable {
    /// The `\x` form, which every connection asks for.
    @usableFromInline
    package init?(sqlText: UnsafeBufferPointer<UInt8>) {
        guard sqlText.count >= 2, sqlText.count % 2 == 0,
            sqlText[0] == UInt8(ascii: "\\"), sqlText[1] == UInt8(ascii: "x")
        else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(sqlText.count / 2 - 1)
        for index in stride(from: 2, to: sqlText.count, by: 2) {
            guard let high = Self.value(of: sqlText[index]), let low = Self.value(of: sqlText[index + 1]) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        self.init(bytes)
    }

    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
