import COpenSSL

/// The members of SHA-2 that are used here.
enum HashFunction: Int32, Sendable {
    case sha256 = 256
    case sha384 = 384
    case sha512 = 512

    /// Octets of a digest.
    var digestCount: Int { Int(rawValue) / 8 }

    /// Octets of a block (FIPS 180-4), to which HMAC pads its key.
    var blockCount: Int { self == .sha256 ? 64 : 128 }

    /// The digest of all of `octets`.
    func digest(_ octets: UnsafeRawBufferPointer) -> [UInt8] {
        var running = SHA2State(self)
        running.update(octets)
        return running.finish()
    }
}

extension SHA2State {
    init(_ function: HashFunction) {
        self.init()
        sha2_begin(&self, function.rawValue)
    }

    mutating func update(_ octets: UnsafeRawBufferPointer) {
        sha2_update(&self, octets.baseAddress, octets.count)
    }

    /// Ends the hash and wipes its state, which for HMAC is worth as much as the key.
    mutating func finish() -> [UInt8] {
        let digest = [UInt8](unsafeUninitializedCapacity: Int(bits) / 8) { buffer, count in
            sha2_finish(&self, buffer.baseAddress)
            count = buffer.count
        }
        withUnsafeMutableBytes(of: &self) { OPENSSL_cleanse($0.baseAddress, $0.count) }
        return digest
    }
}
