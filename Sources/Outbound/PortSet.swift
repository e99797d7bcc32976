/// The TCP ports that calls may go to.
package struct PortSet: Sendable, Hashable {
    private let ranges: [ClosedRange<Int>]

    /// Reads `80,443,1024-65535`: 1 to 64 numbers or ranges, without spaces or leading zeros. Nil for anything else, and
    /// when one of the never allowed ports is named by itself; a range may span them and does not open them.
    package init?(_ text: String) {
        let items = Array(text.utf8).split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard items.count <= 64 else { return nil }
        var ranges: [ClosedRange<Int>] = []
        for item in items {
            let ends = item.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false).map(Self.port)
            switch (ends.count, ends.first ?? nil, ends.last ?? nil) {
            case (1, let port?, _):
                guard !Self.neverAllowed.contains(port) else { return nil }
                ranges.append(port...port)
            case (2, let low?, let high?) where low <= high: ranges.append(low...high)
            default: return nil
            }
        }
        self.ranges = ranges
    }

    private init(_ ports: [Int]) {
        ranges = ports.map { $0...$0 }
    }

    /// The web's ports, and those of what is called in private networks: Synology and OpenStack (5000, 8774),
    /// Proxmox (8006), Ollama (11434), the usual alternatives (8080, 8443).
    package static let production = PortSet([80, 443, 5_000, 8_006, 8_080, 8_443, 8_774, 11_434])

    /// Whether calls may go to that port.
    package func contains(_ port: Int) -> Bool {
        ranges.contains { $0.contains(port) } && !Self.neverAllowed.contains(port)
    }

    /// A port as a URL writes it: 1 to 65535 without leading zeros.
    static func port(_ text: ArraySlice<UInt8>) -> Int? {
        guard text.first != UInt8(ascii: "0"), let value = ASCII.decimal(text, maximumDigits: 5) else { return nil }
        return (1...65_535).contains(value) ? value : nil
    }

    /// Ports of well-known services that do not speak HTTP, or that give command of a machine. From the list of bad
    /// ports in the WHATWG Fetch standard, plus databases, queues, caches, remote desktops and container control.
    package static let neverAllowed: Set<Int> = Set(
        [
            1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 67, 68, 69, 77, 79, 87, 88, 95, 101, 102,
            103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 138, 139, 143, 161, 162, 179, 389, 427, 445,
            464, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 623, 631, 636, 873,
            989, 990, 992, 993, 995, 1_080, 1_099, 1_433, 1_434, 1_521, 1_719, 1_720, 1_723, 1_883, 2_049, 2_181, 2_375,
            2_376, 2_379, 2_380, 3_268, 3_269, 3_306, 3_389, 3_659, 4_045, 4_190, 4_222, 4_369, 5_060, 5_061, 5_432,
            5_433, 5_671, 5_672, 5_900, 5_901, 6_000, 6_379, 6_380, 6_432, 6_566, 6_665, 6_666, 6_667, 6_668, 6_669,
            6_679, 6_697, 7_000, 7_001, 8_009, 8_883, 9_042, 9_092, 9_300, 10_050, 10_051, 10_080, 10_250, 11_211,
            26_379, 27_017, 27_018, 27_019,
        ])
}
