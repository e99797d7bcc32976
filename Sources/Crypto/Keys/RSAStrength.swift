import COpenSSL

/// What an RSA key must be before anything is verified with it.
enum RSAStrength {
    /// RFC 7518 section 3.3 demands 2,048 bits; beyond 8,192 one verification costs more than a token is worth.
    static let modulusBits = 2_048...8_192

    /// Larger public exponents are legal, but nobody has them and they make every verification slow.
    static let exponentBits = 2...64

    /// Throws `malformed` with the reason.
    static func check(_ key: OpaquePointer) throws(CryptoError) {
        let modulus = try number("n", of: key)
        defer { BN_free(modulus) }
        let exponent = try number("e", of: key)
        defer { BN_free(exponent) }
        guard modulusBits.contains(Int(BN_num_bits(modulus))) else {
            throw .malformed("an RSA key needs 2048 to 8192 bits, this one has \(BN_num_bits(modulus))")
        }
        guard BN_is_odd(modulus) == 1 else { throw .malformed("the RSA modulus is even") }
        guard exponentBits.contains(Int(BN_num_bits(exponent))), BN_is_odd(exponent) == 1 else {
            throw .malformed("the RSA exponent must be odd, above 1 and below 2^64")
        }
        guard !looksLikeROCA(modulus) else {
            throw .malformed("the RSA key was made by hardware with the ROCA weakness (CVE-2017-15361)")
        }
    }

    private static func number(_ name: String, of key: OpaquePointer) throws(CryptoError) -> OpaquePointer {
        var number: OpaquePointer?
        guard EVP_PKEY_get_bn_param(key, name, &number) == 1, let number else { throw .fromLibrary("RSA key") }
        return number
    }

    /// The fingerprint of CVE-2017-15361: the flawed generator made primes `k * M + (65537^a mod M)`, so for every
    /// small prime of the primorial M the modulus lies in the group that 65537 generates. A sound modulus passes
    /// this for all of the primes about once in 10^8 keys.
    private static func looksLikeROCA(_ modulus: OpaquePointer) -> Bool {
        smallPrimes.allSatisfy { prime in
            let residue = BN_mod_word(modulus, prime)
            var power: UInt = 1
            repeat {
                if power == residue { return true }
                power = power * 65_537 % prime
            } while power != 1
            return false
        }
    }

    /// The odd primes of the primorial that every affected key length has in common.
    private static let smallPrimes: [UInt] = [
        3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
        113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
    ]
}
