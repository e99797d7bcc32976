/// Hashes and message authentication codes. None of them can fail.
package enum Digest {
    /// SHA-256 of `bytes`, 32 octets.
    package static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { HashFunction.sha256.digest($0) }
    }

    /// HMAC-SHA256 (RFC 2104), 32 octets. A key of any length is taken; the caller decides what is long enough.
    package static func hmacSHA256(key: [UInt8], _ message: [UInt8]) -> [UInt8] { hmac(.sha256, key, message) }

    /// HMAC-SHA384, 48 octets.
    package static func hmacSHA384(key: [UInt8], _ message: [UInt8]) -> [UInt8] { hmac(.sha384, key, message) }

    /// HMAC-SHA512, 64 octets.
    package static func hmacSHA512(key: [UInt8], _ message: [UInt8]) -> [UInt8] { hmac(.sha512, key, message) }

    static func hmac(_ function: HashFunction, _ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        let prepared = key.withUnsafeBytes { HMACKey($0, function) }
        return message.withUnsafeBytes { prepared.code(of: $0) }
    }
}
