/// Writes CSV (RFC 4180): commas, CR LF, quotes where they are needed, UTF-8.
package struct CSVWriter {
    /// The text so far; whoever sends it empties it with `take`.
    private var bytes: [UInt8] = []
    private var startsLine = true

    package init() {}

    /// Octets that wait to be sent.
    package var count: Int { bytes.count }

    /// The text so far, which is then no longer here.
    package mutating func take() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    /// A text; nil is an empty cell. One that a spreadsheet would take for a formula gets an apostrophe before it,
    /// which spreadsheets do not show: see "CSV injection" of OWASP.
    package mutating func text(_ value: String?) {
        separate()
        guard let value, let first = value.utf8.first else { return }
        let isFormula = Self.triggers.contains(first) || first == 0xEF && Self.isWideTrigger(value)
        let needsQuotes = value.utf8.contains { Self.special.contains($0) }
        guard isFormula || needsQuotes else { return bytes.append(contentsOf: value.utf8) }
        bytes.append(UInt8(ascii: "\""))
        if isFormula { bytes.append(UInt8(ascii: "'")) }
        for octet in value.utf8 {
            if octet == UInt8(ascii: "\"") { bytes.append(octet) }
            bytes.append(octet)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// A number's digits, as they are; nil is an empty cell.
    package mutating func number(_ digits: String?) {
        separate()
        if let digits { bytes.append(contentsOf: digits.utf8) }
    }

    package mutating func number(_ value: Int?) { number(value.map { String($0) }) }

    package mutating func bool(_ value: Bool) { number(value ? "true" : "false") }

    package mutating func endLine() {
        bytes.append(0x0D)
        bytes.append(0x0A)
        startsLine = true
    }

    private mutating func separate() {
        if !startsLine { bytes.append(UInt8(ascii: ",")) }
        startsLine = false
    }

    /// Whether it begins with ＝, ＋, － or ＠, which spreadsheets with a Japanese keyboard take for the narrow ones.
    private static func isWideTrigger(_ value: String) -> Bool {
        switch value.unicodeScalars.first?.value {
        case 0xFF1D, 0xFF0B, 0xFF0D, 0xFF20: true
        default: false
        }
    }

    private static let triggers: Set<UInt8> = [
        UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), 0x09, 0x0D, 0x0A,
    ]
    private static let special: Set<UInt8> = [UInt8(ascii: "\""), UInt8(ascii: ","), 0x0D, 0x0A]
}
