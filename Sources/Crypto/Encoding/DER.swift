/// The few forms of DER (X.690) that keys and ECDSA signatures need. Writing only: what comes from outside in
/// DER is read by libcrypto.
enum DER {
    static func sequence(_ content: [UInt8]) -> [UInt8] { tagged(0x30, content) }

    static func bitString(_ content: [UInt8]) -> [UInt8] { tagged(0x03, [0] + content) }

    /// A non-negative integer from its big-endian octets, in the shortest form.
    static func integer(_ magnitude: some Collection<UInt8>) -> [UInt8] {
        var octets = Array(magnitude.drop { $0 == 0 })
        // The first bit is the sign.
        if octets.first.map({ $0 >= 0x80 }) ?? true { octets.insert(0, at: 0) }
        return tagged(0x02, octets)
    }

    /// Lengths up to 65,535, which covers an RSA key of 8,192 bits many times over.
    private static func tagged(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let high = UInt8(truncatingIfNeeded: content.count >> 8)
        let low = UInt8(truncatingIfNeeded: content.count)
        return switch content.count {
        case ..<0x80: [tag, low] + content
        case ..<0x100: [tag, 0x81, low] + content
        default: [tag, 0x82, high, low] + content
        }
    }
}
