/// One alphabet of RFC 4648 with its reverse.
struct Base64Alphabet: Sendable {
    static let standard = Base64Alphabet(last: "+/", padded: true)
    static let url = Base64Alphabet(last: "-_", padded: false)

    private static let noLetter: UInt8 = 0xFF
    private let letters: [UInt8]
    /// The value of each octet, `noLetter` for those outside the alphabet.
    private let values: [UInt8]
    private let padded: Bool

    private init(last: String, padded: Bool) {
        letters = Array(("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + last).utf8)
        var values = [UInt8](repeating: Self.noLetter, count: 256)
        for (value, letter) in letters.enumerated() { values[Int(letter)] = UInt8(truncatingIfNeeded: value) }
        self.values = values
        self.padded = padded
    }

    func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count / 3 * 4 + 4)
        var pending: UInt32 = 0
        var bits: UInt32 = 0
        for byte in bytes {
            pending = pending << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(letters[Int(pending >> bits & 63)])
            }
        }
        if bits > 0 { text.append(letters[Int(pending << (6 - bits) & 63)]) }
        while padded, text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Decodes letters without their padding; nil unless it is the only spelling of the result.
    func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        // One letter alone holds six bits: no octet is written that way.
        guard text.count % 4 != 1 else { return nil }
        var isCanonical = false
        let bytes = values.withUnsafeBufferPointer { values in
            [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3 + 2) { output, count in
                isCanonical = Self.decode(text, values, output, &count)
            }
        }
        return isCanonical ? bytes : nil
    }

    private static func decode(
        _ text: UnsafeBufferPointer<UInt8>, _ values: UnsafeBufferPointer<UInt8>,
        _ output: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int
    ) -> Bool {
        // Values are below 64, so only `noLetter` sets the upper bits of what has been seen.
        var seen: UInt8 = 0
        func value(_ index: Int) -> UInt32 {
            let value = values[Int(text[index])]
            seen |= value
            return UInt32(value)
        }
        var index = 0
        while index + 4 <= text.count {
            let group = value(index) << 18 | value(index + 1) << 12 | value(index + 2) << 6 | value(index + 3)
            output[count] = UInt8(truncatingIfNeeded: group >> 16)
            output[count + 1] = UInt8(truncatingIfNeeded: group >> 8)
            output[count + 2] = UInt8(truncatingIfNeeded: group)
            index += 4
            count += 3
        }
        // Two letters are one octet and four spare bits, three are two octets and two spare bits.
        var spare: UInt32 = 0
        if text.count - index >= 2 {
            let group = value(index) << 12 | value(index + 1) << 6 | (text.count - index == 3 ? value(index + 2) : 0)
            output[count] = UInt8(truncatingIfNeeded: group >> 10)
            count += 1
            spare = group & 0x3FF
            if text.count - index == 3 {
                output[count] = UInt8(truncatingIfNeeded: group >> 2)
                count += 1
                spare = group & 3
            }
        }
        return seen < 64 && spare == 0
    }
}
