import COpenSSL

/// Whether two sequences of octets are equal, in a time that depends on their lengths only.
///
/// The lengths are compared first and may be learned by an observer; what is compared here (codes, digests,
/// tokens of a fixed form) has a length that is public anyway. The octets are compared by `CRYPTO_memcmp`,
/// which ORs the differences of all positions together and never leaves its loop early.
package func constantTimeEquals(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    a.count == b.count && CRYPTO_memcmp(a, b, a.count) == 0
}

/// Octets of the operating system's and OpenSSL's random generator, fit for keys and nonces.
/// Throws `library` when the generator has no entropy; then nothing may be sealed or issued.
package func randomBytes(_ count: Int) throws(CryptoError) -> [UInt8] {
    guard let size = Int32(exactly: count), size >= 0 else {
        throw .malformed("the number of random octets is out of range")
    }
    var bytes = [UInt8](repeating: 0, count: count)
    guard RAND_bytes(&bytes, size) == 1 else { throw .fromLibrary("random octets") }
    return bytes
}

/// Overwrites octets that were key material. Reaches only this array: copies made earlier are the maker's to wipe.
func wipe(_ bytes: inout [UInt8]) {
    bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
    bytes.removeAll()
}
