import COpenSSL

/// A private RSA key that signs with RSASSA-PKCS1-v1_5 and SHA-256, as Google's and Oracle's clouds want it.
///
/// `@unchecked Sendable`: the handle is written by the initialiser and by `deinit` only, and OpenSSL documents an
/// `EVP_PKEY` that nobody modifies as usable from several threads at once; every signature makes its own context.
package final class RSASigner: @unchecked Sendable {
    private let handle: OpaquePointer

    /// Reads one PEM block, `PRIVATE KEY` or `RSA PRIVATE KEY`. Throws `malformed` for anything else, an encrypted key
    /// or
    /// a weak one among it.
    package init(pem text: String) throws(CryptoError) {
        let block = try PEM(text)
        guard ["PRIVATE KEY", "RSA PRIVATE KEY"].contains(block.label) else {
            throw .malformed("the PEM block is \(block.label), not PRIVATE KEY or RSA PRIVATE KEY")
        }
        var octets = block.octets
        defer { wipe(&octets) }
        let handle = octets.withUnsafeBufferPointer { octets in
            var cursor = octets.baseAddress
            return d2i_AutoPrivateKey(nil, &cursor, octets.count)
        }
        guard let handle else { throw .fromLibrary("the private key cannot be read") }
        self.handle = handle
        guard EVP_PKEY_is_a(handle, "RSA") == 1 else { throw .malformed("the private key is not RSA") }
        try RSAStrength.check(handle)
    }

    deinit { EVP_PKEY_free(handle) }

    /// The signature over `message`, as long as the modulus.
    package func sign(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else { throw .fromLibrary("signature") }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, handle) == 1 else { throw .fromLibrary("signature") }
        var count = 0
        guard EVP_DigestSign(context, nil, &count, message, message.count) == 1 else { throw .fromLibrary("signature") }
        var signature = [UInt8](repeating: 0, count: count)
        guard EVP_DigestSign(context, &signature, &count, message, message.count) == 1 else {
            throw .fromLibrary("signature")
        }
        return Array(signature.prefix(count))
    }
}
