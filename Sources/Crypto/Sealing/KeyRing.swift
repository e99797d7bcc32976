/// Octets as they are stored, with the ID of the key that opens them.
package struct SealedBytes: Sendable, Equatable {
    /// Stored beside the octets, so that a rotation finds what is still sealed with an old key.
    package let keyID: String
    /// Format octet (1), nonce (12), ciphertext (as long as the plaintext), tag (16).
    package let bytes: [UInt8]

    /// For rows read back from the database; nothing is checked before `open`.
    package init(keyID: String, bytes: [UInt8]) {
        self.keyID = keyID
        self.bytes = bytes
    }
}

/// The keys that seal what is stored: the first one seals, all of them open.
///
/// A sealed value is bound to its context, the identity of its row: moved to another row it does not open.
/// Nonces are random; NIST SP 800-38D allows 2^32 of them for one key, far beyond what rotation leaves.
package struct KeyRing: Sendable {
    struct Key: Sendable {
        let id: String
        let material: KeyMaterial
    }

    /// First octet of every sealed value. A later format gets another number and both stay readable.
    static let format: UInt8 = 1

    private let sealingKey: Key
    private let keys: [Key]

    init(sealingKey: Key, others: [Key]) {
        self.sealingKey = sealingKey
        keys = [sealingKey] + others
    }

    /// The ID of the key that `seal` uses.
    package var sealingKeyID: String { sealingKey.id }

    /// The IDs of all keys, the sealing key first.
    package var keyIDs: [String] { keys.map(\.id) }

    /// Seals with the first key. `context` is the identity of the row, such as `credentials/42/api_key`; it is
    /// authenticated, not stored.
    package func seal(_ plaintext: [UInt8], context: String) throws(CryptoError) -> SealedBytes {
        let nonce = try randomBytes(AESGCM.nonceCount)
        let sealed = try AESGCM.seal(
            plaintext, key: sealingKey.material, nonce: nonce, associated: Self.associated(context))
        return SealedBytes(keyID: sealingKey.id, bytes: [Self.format] + nonce + sealed)
    }

    /// The plaintext. Throws `unknownKey`, `malformed` for octets that `seal` never made, and `doesNotOpen` for a
    /// wrong key or context and for every changed bit. The caller keeps the result in a `Secret`.
    package func open(_ sealed: SealedBytes, context: String) throws(CryptoError) -> [UInt8] {
        let key = try key(sealed.keyID)
        guard sealed.bytes.count >= 1 + AESGCM.nonceCount + AESGCM.tagCount else {
            throw .malformed("the sealed octets are too short")
        }
        guard sealed.bytes.first == Self.format else { throw .malformed("the sealed octets have an unknown format") }
        let nonce = Array(sealed.bytes.dropFirst().prefix(AESGCM.nonceCount))
        return try AESGCM.open(
            sealed.bytes.dropFirst(1 + AESGCM.nonceCount), key: key.material, nonce: nonce,
            associated: Self.associated(context))
    }

    /// 32 octets for another purpose, HMAC-SHA256 of `label` under a key of the ring: the same key and label give
    /// the same octets for ever, and nobody gets from them to the key. Throws `unknownKey`.
    package func derived(_ label: String, keyID: String) throws(CryptoError) -> [UInt8] {
        let prepared = HMACKey(try key(keyID).material.bytes, .sha256)
        return Array(label.utf8).withUnsafeBytes { prepared.code(of: $0) }
    }

    /// The format octet is authenticated too: it lies in clear before the ciphertext.
    private static func associated(_ context: String) -> [UInt8] { [format] + context.utf8 }

    private func key(_ id: String) throws(CryptoError) -> Key {
        guard let key = keys.first(where: { $0.id.utf8.elementsEqual(id.utf8) }) else { throw .unknownKey(id) }
        return key
    }
}

extension KeyRing: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The IDs, never a key.
    package var description: String { "KeyRing(\(keyIDs.joined(separator: ", ")))" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["keyIDs": keyIDs]) }
}
