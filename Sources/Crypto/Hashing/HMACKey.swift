import COpenSSL

/// A key of HMAC (RFC 2104), already hashed into the two states that every message starts from.
///
/// `@unchecked Sendable`: the states are written by the initialiser and by `deinit` only; in between every
/// message works on its own copy.
final class HMACKey: @unchecked Sendable {
    let function: HashFunction
    private var inner: SHA2State
    private var outer: SHA2State

    init(_ key: UnsafeRawBufferPointer, _ function: HashFunction) {
        self.function = function
        // One array of the final size: growing it would leave the key behind in freed memory.
        var block = [UInt8](repeating: 0, count: function.blockCount)
        var hashed = key.count > function.blockCount ? function.digest(key) : []
        block.withUnsafeMutableBytes { hashed.isEmpty ? $0.copyBytes(from: key) : $0.copyBytes(from: hashed) }
        wipe(&hashed)
        inner = SHA2State(function)
        outer = SHA2State(function)
        // ipad and opad of RFC 2104; the second mask undoes the first.
        for index in block.indices { block[index] ^= 0x36 }
        block.withUnsafeBytes { inner.update($0) }
        for index in block.indices { block[index] ^= 0x36 ^ 0x5C }
        block.withUnsafeBytes { outer.update($0) }
        wipe(&block)
    }

    deinit {
        withUnsafeMutableBytes(of: &inner) { OPENSSL_cleanse($0.baseAddress, $0.count) }
        withUnsafeMutableBytes(of: &outer) { OPENSSL_cleanse($0.baseAddress, $0.count) }
    }

    /// The authentication code of `message`, `function.digestCount` octets.
    func code(of message: UnsafeRawBufferPointer) -> [UInt8] {
        var running = inner
        running.update(message)
        let digest = running.finish()
        running = outer
        digest.withUnsafeBytes { running.update($0) }
        return running.finish()
    }
}
