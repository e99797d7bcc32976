/// Numbers that look random and are always the same for one seed (SplitMix64, by Steele, Lea and Flood, 2014).
struct Dice: Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func roll() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// From 0 to one below `bound`; 0 for a bound below 1.
    mutating func below(_ bound: Int) -> Int {
        guard bound > 0 else { return 0 }
        return Int(truncatingIfNeeded: roll().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// True in so many of a thousand cases.
    mutating func chance(ofThousand count: Int) -> Bool { below(1_000) < count }

    /// One of the values; there has to be one.
    mutating func pick(_ values: [String]) -> String {
        let index = below(values.count)
        return values.indices.contains(index) ? values[index] : ""
    }

    /// A version 7 UUID for that millisecond, as `ID.make` makes them.
    mutating func identifier(atMillisecond millisecond: Int64) -> [UInt8] {
        let high = UInt64(truncatingIfNeeded: millisecond) << 16 | 0x7000 | (roll() & 0x0FFF)
        let low = 0x8000_0000_0000_0000 | (roll() & 0x3FFF_FFFF_FFFF_FFFF)
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for index in 0..<32 {
            if index == 8 || index == 12 || index == 16 || index == 20 { text.append(UInt8(ascii: "-")) }
            let word = index < 16 ? high : low
            let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (index % 16))) & 15
            text.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
        return text
    }
}
