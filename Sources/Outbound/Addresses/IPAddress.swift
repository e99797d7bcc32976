import Glibc

/// An IP address.
package enum IPAddress: Sendable, Hashable {
    case v4(UInt32)
    /// 16 octets, the first one first.
    case v6([UInt8])

    /// Takes strict dotted-decimal IPv4 and the textual forms of IPv6 without a zone; nil for anything else.
    init?(_ text: String) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self = .v4(UInt32(bigEndian: four.s_addr))
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            self = .v6(withUnsafeBytes(of: &six) { Array($0) })
        } else {
            return nil
        }
    }

    init?(_ address: UnsafePointer<sockaddr>) {
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            self = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                .v4(UInt32(bigEndian: $0.pointee.sin_addr.s_addr))
            }
        case AF_INET6:
            self = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { six in
                .v6(withUnsafeBytes(of: six.pointee.sin6_addr) { Array($0) })
            }
        default: return nil
        }
    }

    package var text: String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        switch self {
        case .v4(let value):
            var address = in_addr(s_addr: value.bigEndian)
            inet_ntop(AF_INET, &address, &buffer, socklen_t(buffer.count))
        case .v6(let octets):
            var octets = octets
            inet_ntop(AF_INET6, &octets, &buffer, socklen_t(buffer.count))
        }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// An IPv4 address inside an IPv6 one (`::ffff:10.0.0.1`) is the IPv4 address: the kernel connects to that.
    var unmapped: IPAddress {
        guard case .v6(let octets) = self, octets.prefix(10).allSatisfy({ $0 == 0 }), octets[10...11] == [0xFF, 0xFF]
        else { return self }
        return .v4(octets[12...].reduce(0) { $0 << 8 | UInt32($1) })
    }

    /// The octets in network order, 4 or 16.
    var octets: [UInt8] {
        switch self {
        case .v4(let value): withUnsafeBytes(of: value.bigEndian) { Array($0) }
        case .v6(let octets): octets
        }
    }

    /// A connected socket's address structure, lent to `body`.
    func withSocketAddress<Value>(
        port: Int, _ body: (_ family: Int32, UnsafePointer<sockaddr>, socklen_t) -> Value
    ) -> Value {
        let port = in_port_t(truncatingIfNeeded: port).bigEndian
        switch self {
        case .v4(let value):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port
            address.sin_addr.s_addr = value.bigEndian
            return Self.rebound(&address) { body(AF_INET, $0, $1) }
        case .v6(let octets):
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port
            withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: octets) }
            return Self.rebound(&address) { body(AF_INET6, $0, $1) }
        }
    }

    private static func rebound<Address, Value>(
        _ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value
    ) -> Value {
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<Address>.size)) }
        }
    }
}

/// A block of addresses, such as `10.0.0.0/8` or `fd00::/8`.
package struct NetworkRange: Sendable, Hashable {
    private let prefix: [UInt8]
    private let bits: Int

    /// Takes an address, a slash and a number of bits; an address alone is a range of one. Bits behind the prefix must
    /// be zero: `10.1.0.0/8` is probably a mistake.
    package init?(_ cidr: String) {
        let parts = cidr.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(String(decoding: first, as: UTF8.self)) else {
            return nil
        }
        let octets = address.octets
        var bits = octets.count * 8
        if parts.count > 1 {
            guard 1...3 ~= parts[1].count, parts[1].allSatisfy({ 0x30...0x39 ~= $0 }),
                let number = Int(String(decoding: parts[1], as: UTF8.self)), number <= bits
            else { return nil }
            bits = number
        }
        guard (bits..<octets.count * 8).allSatisfy({ octets[$0 / 8] >> UInt8(7 - $0 % 8) & 1 == 0 }) else { return nil }
        prefix = octets
        self.bits = bits
    }

    package func contains(_ address: IPAddress) -> Bool {
        let octets = address.octets
        guard octets.count == prefix.count else { return false }
        let whole = bits / 8
        guard octets[..<whole] == prefix[..<whole] else { return false }
        guard bits % 8 != 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF << (8 - bits % 8))
        return octets[whole] & mask == prefix[whole] & mask
    }
}
