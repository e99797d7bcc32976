/// Rows in the text format of COPY: cells parted by tabs, rows ended by a line feed, `\N` for NULL.
struct CopyText {
    private(set) var octets: [UInt8] = []
    private var startsRow = true

    mutating func text(_ value: String?) {
        separate()
        guard let value else { return octets.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "N")]) }
        for octet in value.utf8 {
            switch octet {
            case UInt8(ascii: "\\"): octets.append(contentsOf: [octet, octet])
            case 0x09: octets.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "t")])
            case 0x0A: octets.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "n")])
            case 0x0D: octets.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "r")])
            default: octets.append(octet)
            }
        }
    }

    /// Octets that need no escape, such as an ID.
    mutating func plain(_ value: [UInt8]) {
        separate()
        octets.append(contentsOf: value)
    }

    mutating func number(_ value: Int) { plain(Array(String(value).utf8)) }

    mutating func endRow() {
        octets.append(0x0A)
        startsRow = true
    }

    private mutating func separate() {
        if !startsRow { octets.append(0x09) }
        startsRow = false
    }
}
