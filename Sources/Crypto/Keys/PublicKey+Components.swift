/// Public keys from their numbers, as a JWK has them: written as `SubjectPublicKeyInfo` and then read like any
/// other, so that there is one parser and one set of checks.
extension PublicKey {
    /// `modulus` and `exponent` are big-endian.
    static func rsa(modulus: [UInt8], exponent: [UInt8]) throws(CryptoError) -> PublicKey {
        // Bounds before anything is built from them: 8,192 and 64 bits.
        guard modulus.count <= 1_024, exponent.count <= 8 else { throw .malformed("the RSA key is too large") }
        let numbers = DER.sequence(DER.integer(modulus) + DER.integer(exponent))
        return try parse(spki: DER.sequence(rsaEncryption + DER.bitString(numbers)))
    }

    /// `x` and `y` have 32 octets each (RFC 7518 section 6.2.1.2).
    static func p256(x: [UInt8], y: [UInt8]) throws(CryptoError) -> PublicKey {
        guard x.count == 32, y.count == 32 else { throw .malformed("a coordinate of P-256 has 32 octets") }
        // 4 marks an uncompressed point (SEC 1 section 2.3.3).
        return try parse(spki: DER.sequence(ecOnP256 + DER.bitString([4] + x + y)))
    }

    /// `x` has 32 octets (RFC 8037 section 2).
    static func ed25519(_ x: [UInt8]) throws(CryptoError) -> PublicKey {
        guard x.count == 32 else { throw .malformed("an Ed25519 key has 32 octets") }
        return try parse(spki: DER.sequence(ed25519Identifier + DER.bitString(x)))
    }

    // Algorithm identifiers in DER.
    /// 1.2.840.113549.1.1.1 with NULL (RFC 8017 appendix A.1).
    private static let rsaEncryption: [UInt8] = [
        0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00,
    ]
    /// 1.2.840.10045.2.1 with 1.2.840.10045.3.1.7 (RFC 5480 section 2.1.1).
    private static let ecOnP256: [UInt8] = [
        0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D,
        0x03, 0x01, 0x07,
    ]
    /// 1.3.101.112 (RFC 8410 section 3).
    private static let ed25519Identifier: [UInt8] = [0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70]
}
