/// An ECDSA signature on P-256 as JWS has it: r and s, 32 octets each (RFC 7518 section 3.4).
struct ECDSASignature {
    private let r: ArraySlice<UInt8>
    private let s: ArraySlice<UInt8>

    /// nil unless there are exactly 64 octets with both numbers from 1 to the order less 1. A DER signature has no
    /// way in, and r = s = 0 (CVE-2022-21449) never reaches the arithmetic.
    init?(raw: [UInt8]) {
        guard raw.count == 64 else { return nil }
        r = raw[..<32]
        s = raw[32...]
        guard Self.isInRange(r), Self.isInRange(s) else { return nil }
    }

    /// For libcrypto.
    var der: [UInt8] { DER.sequence(DER.integer(r) + DER.integer(s)) }

    private static func isInRange(_ number: ArraySlice<UInt8>) -> Bool {
        number.contains { $0 != 0 } && number.lexicographicallyPrecedes(order)
    }

    /// The order of P-256 (FIPS 186-4 appendix D.1.2.3).
    private static let order: [UInt8] = [
        0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6,
        0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
    ]
}
