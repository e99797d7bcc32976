/// A block of addresses in CIDR notation.
package struct NetworkRange: Sendable, Hashable, CustomStringConvertible {
    private let network: IPAddress
    private let prefixLength: Int

    /// Reads `10.0.0.0/8`, `fd00::/8`, or one address without a length. Nil for anything else, also when bits beyond
    /// the length are set: `10.1.2.3/8` is more likely a mistake than a wish. `::ffff:0:0/96` and blocks inside it are
    /// refused because such addresses are checked as IPv4; write the IPv4 block.
    package init?(_ cidr: String) {
        let octets = Array(cidr.utf8)
        let parts = octets.split(separator: ASCII.slash, maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(String(decoding: first, as: UTF8.self)) else {
            return nil
        }
        guard address.unmapped == address else { return nil }
        var length = address.octets.count * 8
        if let text = parts.dropFirst().first {
            guard let value = ASCII.decimal(text, maximumDigits: 3), value <= length else { return nil }
            guard text.count == 1 || text.first != UInt8(ascii: "0") else { return nil }
            length = value
        }
        network = address
        prefixLength = length
        let hasHostBits = address.octets.enumerated().contains { $1 & ~Self.mask($0, length) != 0 }
        guard !hasHostBits else { return nil }
    }

    package var description: String { "\(network)/\(prefixLength)" }

    /// Whether the address lies in the block. An IPv4 address never lies in an IPv6 block or the reverse.
    package func contains(_ address: IPAddress) -> Bool {
        guard address.octets.count == network.octets.count else { return false }
        for (index, (octet, wanted)) in zip(address.octets, network.octets).enumerated() {
            let mask = Self.mask(index, prefixLength)
            guard mask != 0 else { return true }
            guard octet & mask == wanted else { return false }
        }
        return true
    }

    /// Which bits of the octet at that index belong to the prefix.
    private static func mask(_ index: Int, _ length: Int) -> UInt8 {
        let bits = min(max(length - index * 8, 0), 8)
        return UInt8(truncatingIfNeeded: 0xFF00 >> bits)
    }
}
