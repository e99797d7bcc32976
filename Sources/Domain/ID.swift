/// An identifier that knows what it identifies: an owner's connection cannot be looked up by a credential's ID.
///
/// The text is a lower-case UUID. New ones are version 7 (RFC 9562): the first 48 bits are the time in
/// milliseconds, so that IDs sort by time and a row is found in its monthly partition by its ID alone.
package struct ID<Entity>: Hashable, Sendable {
    package let text: String

    /// Accepts the 36-character form in either case; nil for anything else.
    package init?(_ text: String) {
        let octets = Array(text.utf8)
        guard octets.count == 36 else { return nil }
        var lowered = octets
        for (index, octet) in octets.enumerated() {
            switch (index, octet) {
            case (8, UInt8(ascii: "-")), (13, UInt8(ascii: "-")), (18, UInt8(ascii: "-")), (23, UInt8(ascii: "-")):
                continue
            case (8, _), (13, _), (18, _), (23, _): return nil
            case (_, UInt8(ascii: "0")...UInt8(ascii: "9")), (_, UInt8(ascii: "a")...UInt8(ascii: "f")): continue
            case (_, UInt8(ascii: "A")...UInt8(ascii: "F")): lowered[index] = octet | 0x20
            default: return nil
            }
        }
        self.text = String(decoding: lowered, as: UTF8.self)
    }

    private init(made text: String) { self.text = text }

    /// A new ID for something that happens at `now`. Randomness comes from the operating system.
    package static func make(at now: Timestamp) -> ID {
        var generator = SystemRandomNumberGenerator()
        let milliseconds = UInt64(clamping: now.microseconds / 1_000) & 0xFFFF_FFFF_FFFF
        let high = milliseconds << 16 | 0x7000 | (generator.next() & 0x0FFF)
        let low = 0x8000_0000_0000_0000 | (generator.next() & 0x3FFF_FFFF_FFFF_FFFF)
        return ID(made: format(high, low))
    }

    private static func format(_ high: UInt64, _ low: UInt64) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for index in 0..<32 {
            if [8, 12, 16, 20].contains(index) { text.append(UInt8(ascii: "-")) }
            let word = index < 16 ? high : low
            let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (index % 16))) & 15
            text.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension ID: CustomStringConvertible {
    package var description: String { text }
}
