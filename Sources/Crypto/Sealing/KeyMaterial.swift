import COpenSSL

/// Octets of a key in memory of their own, never copied by copy-on-write and wiped when the last owner lets go.
///
/// `@unchecked Sendable`: written by the initialiser and by `deinit` only.
final class KeyMaterial: @unchecked Sendable {
    private let storage: UnsafeMutableRawBufferPointer

    init(_ bytes: [UInt8]) {
        storage = .allocate(byteCount: bytes.count, alignment: 16)
        storage.copyBytes(from: bytes)
    }

    deinit {
        OPENSSL_cleanse(storage.baseAddress, storage.count)
        storage.deallocate()
    }

    /// Valid for as long as this object.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(storage) }

    /// In constant time.
    func equals(_ other: KeyMaterial) -> Bool {
        bytes.count == other.bytes.count
            && CRYPTO_memcmp(bytes.baseAddress, other.bytes.baseAddress, bytes.count) == 0
    }
}
