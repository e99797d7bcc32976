import COpenSSL

/// A public key that verifies signatures, parsed and judged once and then kept.
///
/// `@unchecked Sendable`: the handle is written by the initialiser and by `deinit` only, and OpenSSL documents an
/// `EVP_PKEY` that nobody modifies as usable from several threads at once; every verification makes its own context.
final class PublicKey: @unchecked Sendable {
    enum Kind: Sendable, Equatable {
        case rsa
        case p256
        case ed25519
    }

    private let handle: OpaquePointer
    let kind: Kind

    private init(adopting handle: OpaquePointer, _ kind: Kind) {
        self.handle = handle
        self.kind = kind
    }

    deinit { EVP_PKEY_free(handle) }

    /// Reads a DER `SubjectPublicKeyInfo` (RFC 5280) with nothing after it.
    /// Throws `malformed` or `library` for what cannot be read, and for keys that are weak or of an unknown type.
    static func parse(spki: [UInt8]) throws(CryptoError) -> PublicKey {
        let (handle, consumed) = spki.withUnsafeBufferPointer { octets in
            var cursor = octets.baseAddress
            let handle = d2i_PUBKEY(nil, &cursor, octets.count)
            return (handle, cursor == octets.baseAddress?.advanced(by: octets.count))
        }
        return try adopt(handle, consumed)
    }

    /// The public key of a DER certificate. The certificate's dates and issuer are not looked at: it is trusted
    /// because the operator configured it, like a bare key.
    static func parse(certificate: [UInt8]) throws(CryptoError) -> PublicKey {
        let (handle, consumed) = certificate.withUnsafeBufferPointer { octets in
            var cursor = octets.baseAddress
            let certificate = d2i_X509(nil, &cursor, octets.count)
            defer { X509_free(certificate) }
            return (X509_get_pubkey(certificate), cursor == octets.baseAddress?.advanced(by: octets.count))
        }
        return try adopt(handle, consumed)
    }

    /// Takes ownership of the handle.
    private static func adopt(_ handle: OpaquePointer?, _ wholeInputWasRead: Bool) throws(CryptoError) -> PublicKey {
        guard let handle else { throw .fromLibrary("the public key cannot be read") }
        let kind: Kind? =
            if EVP_PKEY_is_a(handle, "RSA") == 1 {
                .rsa
            } else if EVP_PKEY_is_a(handle, "EC") == 1, groupName(handle) == "prime256v1" {
                .p256
            } else if EVP_PKEY_is_a(handle, "ED25519") == 1 { .ed25519 } else { nil }
        guard let kind else {
            EVP_PKEY_free(handle)
            ERR_clear_error()
            throw .malformed("the public key is not RSA, EC on P-256 or Ed25519")
        }
        let key = PublicKey(adopting: handle, kind)
        guard wholeInputWasRead else { throw .malformed("there are octets after the public key") }
        switch kind {
        case .rsa: try RSAStrength.check(handle)
        case .p256: try checkPoint(handle)
        case .ed25519: break
        }
        return key
    }

    private static func groupName(_ handle: OpaquePointer) -> String {
        var name = [CChar](repeating: 0, count: 64)
        var count = 0
        guard EVP_PKEY_get_group_name(handle, &name, name.count, &count) == 1 else { return "" }
        return String(decoding: name.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The point is on the curve, not at infinity, and of the right order.
    private static func checkPoint(_ handle: OpaquePointer) throws(CryptoError) {
        guard let context = EVP_PKEY_CTX_new_from_pkey(nil, handle, nil) else { throw .fromLibrary("public key") }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_public_check(context) == 1 else { throw .fromLibrary("the point is not on the curve") }
    }

    /// Whether `signature`, in libcrypto's own form (DER for ECDSA), is this key's over `message`.
    ///
    /// Any failure, of memory too, is "no". RSASSA-PSS has a salt as long as the digest (RFC 7518 section 3.5).
    func verifies(_ signature: [UInt8], over message: UnsafeRawBufferPointer, _ scheme: SignatureScheme) -> Bool {
        defer { ERR_clear_error() }
        guard scheme.keyKind == kind, let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        var keyContext: OpaquePointer?
        guard EVP_DigestVerifyInit(context, &keyContext, scheme.digest, nil, handle) == 1 else { return false }
        if scheme == .rsaPSS256 {
            guard EVP_PKEY_CTX_set_rsa_padding(keyContext, RSA_PKCS1_PSS_PADDING) == 1,
                EVP_PKEY_CTX_set_rsa_pss_saltlen(keyContext, RSA_PSS_SALTLEN_DIGEST) == 1
            else { return false }
        }
        let octets = message.assumingMemoryBound(to: UInt8.self)
        return EVP_DigestVerify(context, signature, signature.count, octets.baseAddress, octets.count) == 1
    }
}

/// The signature schemes that a public key can verify.
enum SignatureScheme: Sendable, Equatable {
    case rsa256
    case rsa384
    case rsa512
    case rsaPSS256
    case ecdsa256
    case ed25519

    var keyKind: PublicKey.Kind {
        switch self {
        case .rsa256, .rsa384, .rsa512, .rsaPSS256: .rsa
        case .ecdsa256: .p256
        case .ed25519: .ed25519
        }
    }

    /// nil for Ed25519, which hashes by itself.
    fileprivate var digest: OpaquePointer? {
        switch self {
        case .rsa256, .rsaPSS256, .ecdsa256: EVP_sha256()
        case .rsa384: EVP_sha384()
        case .rsa512: EVP_sha512()
        case .ed25519: nil
        }
    }
}
