/// Octets as hexadecimal digits.
package enum Hexadecimal {
    /// Two lower-case digits for each octet.
    package static func text(_ octets: [UInt8]) -> String {
        String(decoding: octets.flatMap { [lower($0 >> 4), lower($0 & 15)] }, as: UTF8.self)
    }

    /// Two upper-case digits.
    static func upper(_ octet: UInt8) -> [UInt8] {
        [lower(octet >> 4), lower(octet & 15)].map { $0 >= 0x61 ? $0 & 0xDF : $0 }
    }

    /// The value of one digit in either case, nil for anything else.
    static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - 0x30
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - 0x57
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - 0x37
        default: nil
        }
    }

    private static func lower(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x57 + digit }
}
