/// The keys that tokens may be signed with.
///
/// A token that names a key (`kid`) is verified with that key only; one that names none, with the keys of its
/// algorithm. A key that was configured without an ID has nothing a token could name: it answers to tokens whose
/// `kid` no other key has. Either way the algorithm is the key's own.
package struct JWTKeySet: Sendable {
    /// Keys are few: a hostile token without `kid` costs at most this many verifications.
    static let limit = 100

    /// No key: no token verifies.
    package static let empty = JWTKeySet(trusted: [])

    private let keys: [VerificationKey]
    private let positions: [[UInt8]: Int]

    private init(trusted keys: [VerificationKey]) {
        self.keys = keys
        var positions: [[UInt8]: Int] = [:]
        for (position, key) in keys.enumerated() {
            if let id = key.id { positions[Array(id.utf8)] = position }
        }
        self.positions = positions
    }

    /// Throws `malformed` for more than 100 keys and for two of one ID.
    init(_ keys: [VerificationKey]) throws(CryptoError) {
        guard keys.count <= Self.limit else { throw .malformed("there are more than \(Self.limit) keys") }
        self.init(trusted: keys)
        guard positions.count == keys.count(where: { $0.id != nil }) else {
            throw .malformed("two keys have the same ID")
        }
    }

    /// One shared secret: HS256 needs 32 octets, HS384 48, HS512 64 (RFC 7518 section 3.2).
    /// Throws `malformed` when it is shorter or the algorithm is not one of these.
    package static func secret(
        _ secret: [UInt8], algorithm: JWTAlgorithm, keyID: String? = nil
    ) throws(CryptoError) -> JWTKeySet {
        try JWTKeySet([VerificationKey(secret: secret, algorithm, id: keyID)])
    }

    /// One PEM `PUBLIC KEY` or `CERTIFICATE`; a certificate's dates and issuer are not looked at.
    /// Throws `malformed` or `library` for an unreadable or weak key and for one that does not fit the algorithm.
    package static func pem(
        _ text: String, algorithm: JWTAlgorithm, keyID: String? = nil
    ) throws(CryptoError) -> JWTKeySet {
        try JWTKeySet([VerificationKey(publicKey: PublicKey.parse(pem: text), algorithm, id: keyID)])
    }

    /// Both sets together, for a local secret beside the keys of an identity provider.
    /// Throws `malformed` for an ID that both have and for more than 100 keys.
    package func merging(_ other: JWTKeySet) throws(CryptoError) -> JWTKeySet { try JWTKeySet(keys + other.keys) }

    package var count: Int { keys.count }
    package var isEmpty: Bool { keys.isEmpty }

    /// For the operator: the algorithm and ID of each key.
    package var summary: [String] { keys.map { "\($0.algorithm.rawValue) \($0.id ?? "(no ID)")" } }

    /// Whether one of the keys that a token with this header may name signed `message`.
    /// Throws when there is no such key, so that the operator learns the difference from a bad signature.
    func verify(_ signature: [UInt8], over message: UnsafeRawBufferPointer, _ header: JOSEHeader) throws(JWTError) {
        if let id = header.keyID, let position = positions[Array(id.utf8)] {
            guard keys[position].algorithm == header.algorithm else { throw .algorithmDoesNotFitKey }
            guard keys[position].verifies(signature, over: message) else { throw .badSignature }
            return
        }
        var hasCandidate = false
        for key in keys where key.algorithm == header.algorithm && (header.keyID == nil || key.id == nil) {
            if key.verifies(signature, over: message) { return }
            hasCandidate = true
        }
        if hasCandidate { throw .badSignature }
        throw header.keyID == nil ? .noKeyForAlgorithm : .unknownKey
    }
}
