import COpenSSL
import XCTest

@testable import Crypto

/// A private key made for one test run, to sign what the product only verifies.
final class SigningKey {
    struct Unavailable: Error {}

    private let handle: OpaquePointer

    private init(_ type: String, _ configure: (OpaquePointer) -> Int32) throws {
        guard let context = EVP_PKEY_CTX_new_from_name(nil, type, nil) else { throw Unavailable() }
        defer { EVP_PKEY_CTX_free(context) }
        var handle: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1, configure(context) == 1, EVP_PKEY_generate(context, &handle) == 1,
            let handle
        else { throw Unavailable() }
        self.handle = handle
    }

    deinit { EVP_PKEY_free(handle) }

    static func rsa(bits: Int32 = 2_048) throws -> SigningKey {
        try SigningKey("RSA") { EVP_PKEY_CTX_set_rsa_keygen_bits($0, bits) }
    }

    static func ec(_ curve: String = "prime256v1") throws -> SigningKey {
        try SigningKey("EC") { EVP_PKEY_CTX_set_group_name($0, curve) }
    }

    static func ed25519() throws -> SigningKey { try SigningKey("ED25519") { _ in 1 } }

    /// `SubjectPublicKeyInfo`.
    var publicDER: [UInt8] {
        var output: UnsafeMutablePointer<UInt8>?
        let count = Int(i2d_PUBKEY(handle, &output))
        defer { CRYPTO_free(output, "", 0) }
        return Array(UnsafeBufferPointer(start: output, count: max(0, count)))
    }

    /// `RSAPrivateKey` or `ECPrivateKey` under the label that does not say which.
    var privatePEM: String {
        var output: UnsafeMutablePointer<UInt8>?
        let count = Int(i2d_PrivateKey(handle, &output))
        defer { CRYPTO_free(output, "", 0) }
        return Self.pem("PRIVATE KEY", Array(UnsafeBufferPointer(start: output, count: max(0, count))))
    }

    var publicPEM: String { Self.pem("PUBLIC KEY", publicDER) }

    /// A self-signed certificate that expired in 1970.
    func certificatePEM() throws -> String {
        guard let certificate = X509_new() else { throw Unavailable() }
        defer { X509_free(certificate) }
        X509_gmtime_adj(X509_getm_notBefore(certificate), 0)
        ASN1_TIME_set(X509_getm_notAfter(certificate), 0)
        guard X509_set_pubkey(certificate, handle) == 1, X509_sign(certificate, handle, EVP_sha256()) > 0 else {
            throw Unavailable()
        }
        var output: UnsafeMutablePointer<UInt8>?
        let count = Int(i2d_X509(certificate, &output))
        defer { CRYPTO_free(output, "", 0) }
        return Self.pem("CERTIFICATE", Array(UnsafeBufferPointer(start: output, count: max(0, count))))
    }

    static func pem(_ label: String, _ octets: [UInt8]) -> String {
        var lines = ["-----BEGIN \(label)-----"]
        var rest = Base64.encode(octets)[...]
        while !rest.isEmpty {
            lines.append(String(rest.prefix(64)))
            rest = rest.dropFirst(64)
        }
        return (lines + ["-----END \(label)-----", ""]).joined(separator: "\n")
    }

    /// In libcrypto's form: DER for ECDSA.
    func sign(_ message: [UInt8], _ algorithm: JWTAlgorithm) throws -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else { throw Unavailable() }
        defer { EVP_MD_CTX_free(context) }
        let digest: OpaquePointer? =
            switch algorithm {
            case .rs384: EVP_sha384()
            case .rs512: EVP_sha512()
            case .edDSA: nil
            default: EVP_sha256()
            }
        var keyContext: OpaquePointer?
        guard EVP_DigestSignInit(context, &keyContext, digest, nil, handle) == 1 else { throw Unavailable() }
        if algorithm == .ps256 {
            EVP_PKEY_CTX_set_rsa_padding(keyContext, RSA_PKCS1_PSS_PADDING)
            EVP_PKEY_CTX_set_rsa_pss_saltlen(keyContext, RSA_PSS_SALTLEN_DIGEST)
        }
        var signature = [UInt8](repeating: 0, count: 2_048)
        var count = signature.count
        guard EVP_DigestSign(context, &signature, &count, message, message.count) == 1 else { throw Unavailable() }
        return Array(signature.prefix(count))
    }

    /// In the form of a token: two numbers of 32 octets for ECDSA.
    func signForToken(_ message: [UInt8], _ algorithm: JWTAlgorithm) throws -> [UInt8] {
        let signature = try sign(message, algorithm)
        return algorithm == .es256 ? try Self.raw(der: signature) : signature
    }

    static func raw(der: [UInt8]) throws -> [UInt8] {
        let signature = der.withUnsafeBufferPointer { octets in
            var cursor = octets.baseAddress
            return d2i_ECDSA_SIG(nil, &cursor, octets.count)
        }
        guard let signature else { throw Unavailable() }
        defer { ECDSA_SIG_free(signature) }
        var raw = [UInt8](repeating: 0, count: 64)
        raw.withUnsafeMutableBufferPointer { buffer in
            _ = BN_bn2binpad(ECDSA_SIG_get0_r(signature), buffer.baseAddress, 32)
            _ = BN_bn2binpad(ECDSA_SIG_get0_s(signature), buffer.baseAddress?.advanced(by: 32), 32)
        }
        return raw
    }
}
