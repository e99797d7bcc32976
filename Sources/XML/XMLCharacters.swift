/// Which characters XML 1.0 allows where.
enum XMLCharacters {
    /// Valid UTF-8 without what no XML text may hold: control characters other than tab and line ends, U+FFFE, U+FFFF.
    static func check(_ text: [UInt8]) throws(XMLError) {
        guard String(validating: text, as: UTF8.self) != nil else {
            throw XMLError(reason: .invalidUTF8, position: invalidPosition(text))
        }
        for (position, octet) in text.enumerated() where octet < 0x20 && !isSpace(octet) {
            throw XMLError(reason: .forbiddenCharacter, position: position)
        }
        for (position, octet) in text.enumerated()
        where octet == 0xEF
            && (text[position...].starts(with: [0xEF, 0xBF, 0xBE])
                || text[position...].starts(with: [0xEF, 0xBF, 0xBF]))
        {
            throw XMLError(reason: .forbiddenCharacter, position: position)
        }
    }

    /// Where the valid part ends.
    private static func invalidPosition(_ text: [UInt8]) -> Int {
        var rest = text.makeIterator()
        var decoder = UTF8()
        var position = 0
        while case .scalarValue(let scalar) = decoder.decode(&rest) { position += String(scalar).utf8.count }
        return position
    }

    static func isSpace(_ octet: UInt8) -> Bool { octet == 0x20 || octet == 0x09 || octet == 0x0A || octet == 0x0D }

    /// Letters outside ASCII are all taken: which of them begin a name does not matter to anybody who reads answers.
    static func isName(_ octet: UInt8, first: Bool) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
            UInt8(ascii: ":"), 0x80...0xFF:
            true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."): !first
        default: false
        }
    }

    /// The five predefined entities.
    static func entity(_ name: ArraySlice<UInt8>) -> UInt8? {
        switch String(decoding: name, as: UTF8.self) {
        case "amp": UInt8(ascii: "&")
        case "lt": UInt8(ascii: "<")
        case "gt": UInt8(ascii: ">")
        case "apos": UInt8(ascii: "'")
        case "quot": UInt8(ascii: "\"")
        default: nil
        }
    }

    /// What `#` is followed by: decimal digits, or `x` and hexadecimal ones, of a character that XML allows.
    static func scalar(_ text: ArraySlice<UInt8>) -> Unicode.Scalar? {
        let isHexadecimal = text.first == UInt8(ascii: "x")
        let digits = String(decoding: isHexadecimal ? text.dropFirst() : text, as: UTF8.self)
        guard digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
            let value = UInt32(digits, radix: isHexadecimal ? 16 : 10)
        else { return nil }
        switch value {
        case 0x09, 0x0A, 0x0D, 0x20...0xD7FF, 0xE000...0xFFFD, 0x1_0000...0x10_FFFF: return Unicode.Scalar(value)
        default: return nil
        }
    }
}
