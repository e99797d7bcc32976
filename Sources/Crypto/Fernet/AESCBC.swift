import COpenSSL

/// AES-128-CBC with PKCS #7 padding, for Fernet alone: it does not authenticate, so the caller must have done that.
enum AESCBC {
    static let blockCount = 16

    static func encrypt(_ plaintext: [UInt8], key: [UInt8], iv: [UInt8]) throws(CryptoError) -> [UInt8] {
        try run(plaintext, key, iv, encrypting: true)
    }

    static func decrypt(_ ciphertext: [UInt8], key: [UInt8], iv: [UInt8]) throws(CryptoError) -> [UInt8] {
        try run(ciphertext, key, iv, encrypting: false)
    }

    private static func run(
        _ input: [UInt8], _ key: [UInt8], _ iv: [UInt8], encrypting: Bool
    ) throws(CryptoError) -> [UInt8] {
        guard key.count == 16, iv.count == blockCount, let count = Int32(exactly: input.count) else {
            throw .malformed("AES-128-CBC takes a key and a vector of 16 octets")
        }
        guard let context = EVP_CIPHER_CTX_new() else { throw .fromLibrary("cipher context") }
        defer { EVP_CIPHER_CTX_free(context) }
        guard EVP_CipherInit_ex(context, EVP_aes_128_cbc(), nil, key, iv, encrypting ? 1 : 0) == 1 else {
            throw .fromLibrary("AES-128-CBC")
        }
        // libcrypto may write up to one block more than it reads.
        var output = [UInt8](repeating: 0, count: input.count + 2 * blockCount)
        var written: Int32 = 0
        var rest: Int32 = 0
        let isDone = output.withUnsafeMutableBufferPointer { buffer -> Bool in
            guard let start = buffer.baseAddress else { return false }
            return EVP_CipherUpdate(context, start, &written, input, count) == 1
                && EVP_CipherFinal_ex(context, start + Int(written), &rest) == 1
        }
        guard isDone else {
            wipe(&output)
            ERR_clear_error()
            throw .doesNotOpen
        }
        return Array(output[..<Int(written + rest)])
    }
}
