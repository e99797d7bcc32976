import COpenSSL

/// AES-256-GCM (NIST SP 800-38D) with the only sizes that are used here: a key of 32 octets, a nonce of 12,
/// a tag of 16. Every other size is refused.
enum AESGCM {
    static let keyCount = 32
    static let nonceCount = 12
    static let tagCount = 16

    /// The ciphertext followed by the tag. The caller guarantees that a nonce is never used twice with a key.
    static func seal(
        _ plaintext: [UInt8], key: KeyMaterial, nonce: [UInt8], associated: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        let context = try CipherContext()
        try context.begin(key, nonce, encrypting: true)
        try context.authenticate(associated)
        var sealed = try context.update(plaintext)
        try context.finish(orThrow: .fromLibrary("sealing"))
        sealed += try context.tag()
        return sealed
    }

    /// The plaintext of what `seal` made; `doesNotOpen` unless key, nonce, associated data and every bit agree.
    static func open(
        _ sealed: ArraySlice<UInt8>, key: KeyMaterial, nonce: [UInt8], associated: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        guard sealed.count >= tagCount else { throw .malformed("the sealed octets are too short") }
        let context = try CipherContext()
        try context.begin(key, nonce, encrypting: false)
        try context.authenticate(associated)
        var plaintext = try context.update(Array(sealed.dropLast(tagCount)))
        try context.expect(tag: Array(sealed.suffix(tagCount)))
        do {
            try context.finish(orThrow: .doesNotOpen)
        } catch {
            // Nobody may see octets that did not authenticate.
            wipe(&plaintext)
            throw error
        }
        return plaintext
    }
}

/// The owner of one `EVP_CIPHER_CTX`. Freeing it wipes libcrypto's copy of the key.
private struct CipherContext: ~Copyable {
    private let handle: OpaquePointer

    init() throws(CryptoError) {
        guard let handle = EVP_CIPHER_CTX_new() else { throw .fromLibrary("cipher context") }
        self.handle = handle
    }

    deinit { EVP_CIPHER_CTX_free(handle) }

    func begin(_ key: KeyMaterial, _ nonce: [UInt8], encrypting: Bool) throws(CryptoError) {
        guard key.bytes.count == AESGCM.keyCount else { throw .malformed("an AES-256 key has 32 octets") }
        guard nonce.count == AESGCM.nonceCount else { throw .malformed("a nonce has 12 octets") }
        let keyStart = key.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard EVP_CipherInit_ex(handle, EVP_aes_256_gcm(), nil, keyStart, nonce, encrypting ? 1 : 0) == 1 else {
            throw .fromLibrary("AES-256-GCM")
        }
    }

    func authenticate(_ associated: [UInt8]) throws(CryptoError) {
        guard let count = Int32(exactly: associated.count) else { throw .malformed("the context is too long") }
        var written: Int32 = 0
        guard EVP_CipherUpdate(handle, nil, &written, associated, count) == 1 else {
            throw .fromLibrary("associated data")
        }
    }

    func update(_ input: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard let count = Int32(exactly: input.count) else { throw .malformed("too many octets to seal or open") }
        guard count > 0 else { return [] }
        var output = [UInt8](repeating: 0, count: input.count)
        var written: Int32 = 0
        guard EVP_CipherUpdate(handle, &output, &written, input, count) == 1, written == count else {
            throw .fromLibrary("AES-256-GCM")
        }
        return output
    }

    func expect(tag: [UInt8]) throws(CryptoError) {
        var tag = tag
        guard EVP_CIPHER_CTX_ctrl(handle, EVP_CTRL_AEAD_SET_TAG, Int32(AESGCM.tagCount), &tag) == 1 else {
            throw .fromLibrary("authentication tag")
        }
    }

    func finish(orThrow failure: @autoclosure () -> CryptoError) throws(CryptoError) {
        // GCM writes nothing at the end; a block is the most that any cipher would.
        var rest = [UInt8](repeating: 0, count: 16)
        var written: Int32 = 0
        guard EVP_CipherFinal_ex(handle, &rest, &written) == 1 else {
            let failure = failure()
            ERR_clear_error()
            throw failure
        }
    }

    func tag() throws(CryptoError) -> [UInt8] {
        var tag = [UInt8](repeating: 0, count: AESGCM.tagCount)
        guard EVP_CIPHER_CTX_ctrl(handle, EVP_CTRL_AEAD_GET_TAG, Int32(AESGCM.tagCount), &tag) == 1 else {
            throw .fromLibrary("authentication tag")
        }
        return tag
    }
}
