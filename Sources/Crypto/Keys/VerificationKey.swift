import COpenSSL

/// A key with its one algorithm. The algorithm comes from here and never from a token (RFC 8725 section 3.1).
struct VerificationKey: Sendable {
    private enum Material: Sendable {
        case secret(HMACKey)
        case publicKey(PublicKey, SignatureScheme)
    }

    /// An opaque name; nil for a key that was configured without one.
    let id: String?
    let algorithm: JWTAlgorithm
    private let material: Material

    /// A shared secret of at least the size of the hash (RFC 7518 section 3.2).
    init(secret: [UInt8], _ algorithm: JWTAlgorithm, id: String?) throws(CryptoError) {
        guard case .code(let function) = algorithm.method else {
            throw .malformed("\(algorithm.rawValue) needs a public key, not a secret")
        }
        guard secret.count >= function.digestCount else {
            throw .malformed(
                "a secret for \(algorithm.rawValue) needs \(function.digestCount) octets, this one has \(secret.count)")
        }
        self.id = id
        self.algorithm = algorithm
        material = .secret(secret.withUnsafeBytes { HMACKey($0, function) })
    }

    init(publicKey: PublicKey, _ algorithm: JWTAlgorithm, id: String?) throws(CryptoError) {
        guard case .signature(let scheme) = algorithm.method, scheme.keyKind == publicKey.kind else {
            throw .malformed("the public key does not fit \(algorithm.rawValue)")
        }
        self.id = id
        self.algorithm = algorithm
        material = .publicKey(publicKey, scheme)
    }

    /// Whether `signature`, as it stands in a token, is this key's over `message`.
    func verifies(_ signature: [UInt8], over message: UnsafeRawBufferPointer) -> Bool {
        switch material {
        case .secret(let key):
            return constantTimeEquals(key.code(of: message), signature)
        case .publicKey(let key, .ecdsa256):
            guard let signature = ECDSASignature(raw: signature) else { return false }
            return key.verifies(signature.der, over: message, .ecdsa256)
        case .publicKey(let key, let scheme):
            return key.verifies(signature, over: message, scheme)
        }
    }
}
