/// Names of octets and the classes that the grammars of RFC 3986 and RFC 9110 are made of.
///
/// Everything here works on octets: Swift's characters join CR with LF and consider different letters equal.
enum ASCII {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let percent: UInt8 = 0x25
    static let slash: UInt8 = 0x2F
    static let colon: UInt8 = 0x3A
    static let semicolon: UInt8 = 0x3B
    static let delete: UInt8 = 0x7F

    static func isDigit(_ octet: UInt8) -> Bool { octet >= 0x30 && octet <= 0x39 }

    static func isLetter(_ octet: UInt8) -> Bool {
        let lower = octet | 0x20
        return lower >= 0x61 && lower <= 0x7A
    }

    /// Visible ASCII: no space, no control character.
    static func isPrintable(_ octet: UInt8) -> Bool { octet > 0x20 && octet < 0x7F }

    /// `tchar` of RFC 9110 section 5.6.2.
    static func isToken(_ octet: UInt8) -> Bool {
        if isDigit(octet) || isLetter(octet) { return true }
        switch octet {
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            return true
        default: return false
        }
    }

    /// What a received field value or reason phrase may hold: no control character but the tab.
    static func isFieldContent(_ octet: UInt8) -> Bool { octet == tab || (octet >= space && octet != delete) }

    static func hexValue(_ octet: UInt8) -> Int? {
        switch octet {
        case 0x30...0x39: Int(octet) - 0x30
        case 0x41...0x46: Int(octet) - 0x41 + 10
        case 0x61...0x66: Int(octet) - 0x61 + 10
        default: nil
        }
    }

    static func lowercased(_ octet: UInt8) -> UInt8 { octet >= 0x41 && octet <= 0x5A ? octet | 0x20 : octet }

    /// Whether both are the same octets apart from the case of ASCII letters.
    static func equalsIgnoringCase(_ left: some Sequence<UInt8>, _ right: some Sequence<UInt8>) -> Bool {
        left.lazy.map(lowercased).elementsEqual(right.lazy.map(lowercased))
    }

    /// The value of 1 to `maximumDigits` decimal digits and nothing else; nil otherwise.
    static func decimal(_ octets: some Collection<UInt8>, maximumDigits: Int) -> Int? {
        guard !octets.isEmpty, octets.count <= min(maximumDigits, 18), octets.allSatisfy(isDigit) else { return nil }
        return octets.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}
