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
        var isCanonical = true
        let bytes = [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3 + 2) { output, count in
            var pending: UInt32 = 0
            var bits: UInt32 = 0
            var seen: UInt8 = 0
            for letter in text {
                let value = values[Int(letter)]
                // Values are below 64, so only `noLetter` sets the upper bits.
                seen |= value
                pending = pending << 6 | UInt32(value & 63)
                bits += 6
                if bits >= 8 {
                    bits -= 8
                    output[count] = UInt8(truncatingIfNeeded: pending >> bits)
                    count += 1
                }
            }
            isCanonical = seen < 64 && pending & (1 << bits - 1) == 0
        }
        return isCanonical ? bytes : nil
    }
}
