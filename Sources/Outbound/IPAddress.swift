import Glibc

/// An IPv4 or IPv6 address, without a zone.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// 4 or 16 octets in network order.
    package let octets: [UInt8]

    /// Nil unless there are 4 or 16 octets.
    package init?(octets: [UInt8]) {
        guard octets.count == 4 || octets.count == 16 else { return nil }
        self.octets = octets
    }

    /// Reads a literal: IPv4 as four decimal numbers without leading zeros, IPv6 as RFC 4291 writes it, without
    /// brackets and without a zone. Nothing else is read: `inet_aton` would also take `0x7f.1` and `2130706433`.
    package init?(_ text: String) {
        let octets = Array(text.utf8)
        if let address = IPAddress.ipv4(octets[...]) ?? IPAddress.ipv6(octets[...]) {
            self = address
        } else {
            return nil
        }
    }

    package var isIPv4: Bool { octets.count == 4 }

    /// The canonical text: RFC 5952 for IPv6.
    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(isIPv4 ? AF_INET : AF_INET6, octets, &text, socklen_t(text.count)) != nil else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The same destination in its plain form: `::ffff:a.b.c.d` is a.b.c.d, since the kernel connects to that.
    var unmapped: IPAddress {
        guard octets.count == 16, octets.starts(with: IPAddress.mappedPrefix) else { return self }
        return IPAddress(octets: Array(octets.suffix(4))) ?? self
    }

    static let mappedPrefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]

    static func ipv4(_ text: ArraySlice<UInt8>) -> IPAddress? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var octets: [UInt8] = []
        for part in parts {
            guard let value = ASCII.decimal(part, maximumDigits: 3), let octet = UInt8(exactly: value),
                part.count == 1 || part.first != UInt8(ascii: "0")
            else { return nil }
            octets.append(octet)
        }
        return IPAddress(octets: octets)
    }

    static func ipv6(_ text: ArraySlice<UInt8>) -> IPAddress? {
        let isPlausible = text.allSatisfy { octet in
            ASCII.hexValue(octet) != nil || octet == ASCII.colon || octet == UInt8(ascii: ".")
        }
        guard isPlausible, text.contains(ASCII.colon), text.count < Int(INET6_ADDRSTRLEN) else { return nil }
        var octets = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, String(decoding: text, as: UTF8.self), &octets) == 1 else { return nil }
        return IPAddress(octets: octets)
    }
}

extension IPAddress {
    /// Calls `body` with the socket address of that port.
    func withSocketAddress<Result>(
        port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var storage = sockaddr_storage()
        let networkPort = UInt16(clamping: port).bigEndian
        let length = withUnsafeMutableBytes(of: &storage) { bytes -> Int in
            if isIPv4 {
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_port = networkPort
                withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: octets) }
                withUnsafeBytes(of: address) { bytes.copyBytes(from: $0) }
                return MemoryLayout<sockaddr_in>.size
            }
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = networkPort
            withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: octets) }
            withUnsafeBytes(of: address) { bytes.copyBytes(from: $0) }
            return MemoryLayout<sockaddr_in6>.size
        }
        return withUnsafePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(length)) }
        }
    }

    /// The address of a socket address of either family; nil for any other family.
    init?(_ pointer: UnsafePointer<sockaddr>) {
        switch Int32(pointer.pointee.sa_family) {
        case AF_INET:
            let address = UnsafeRawPointer(pointer).loadUnaligned(as: sockaddr_in.self)
            self.init(octets: withUnsafeBytes(of: address.sin_addr) { Array($0) })
        case AF_INET6:
            let address = UnsafeRawPointer(pointer).loadUnaligned(as: sockaddr_in6.self)
            self.init(octets: withUnsafeBytes(of: address.sin6_addr) { Array($0) })
        default: return nil
        }
    }
}
