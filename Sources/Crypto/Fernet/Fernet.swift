/// A key of the Fernet specification (github.com/fernet/spec): tokens sealed with AES-128-CBC and HMAC-SHA256.
///
/// It is here for credentials that come from older installations; what this program seals itself it seals with
/// `KeyRing`.
package struct FernetKey: Sendable {
    private let signing: [UInt8]
    private let encryption: [UInt8]

    /// The specification's version octet.
    private static let version: UInt8 = 0x80
    /// How far in the future a token's time may lie, in seconds; only looked at together with a time to live.
    private static let maxClockSkew: UInt64 = 60
    /// Larger tokens are refused unread.
    private static let maxTokenCount = 1_048_576

    /// Takes 32 octets in padded URL-safe base64, as `Fernet.generate_key()` of Python writes them.
    package init(_ text: String) throws(CryptoError) {
        guard let bytes = Self.decode(text), bytes.count == 32 else {
            throw .malformed("a Fernet key has 32 octets in URL-safe base64")
        }
        signing = Array(bytes[..<16])
        encryption = Array(bytes[16...])
    }

    /// A token for `plaintext`. `now` is in seconds since 1970.
    package func encrypt(_ plaintext: [UInt8], now: UInt64) throws(CryptoError) -> String {
        try encrypt(plaintext, now: now, iv: try randomBytes(AESCBC.blockCount))
    }

    func encrypt(_ plaintext: [UInt8], now: UInt64, iv: [UInt8]) throws(CryptoError) -> String {
        var token: [UInt8] = [Self.version]
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            token.append(UInt8(truncatingIfNeeded: now >> shift))
        }
        token += iv
        token += try AESCBC.encrypt(plaintext, key: encryption, iv: iv)
        token += Digest.hmacSHA256(key: signing, token)
        let text = Base64URL.encode(token)
        return text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    }

    /// What was put into a token. Throws `doesNotOpen` unless this key made it and every bit is as it was; with a
    /// time to live in seconds also when it is older, or from the future.
    package func decrypt(_ token: String, timeToLive: UInt64? = nil, now: UInt64 = 0) throws(CryptoError) -> [UInt8] {
        guard token.utf8.count <= Self.maxTokenCount, let bytes = Self.decode(token) else {
            throw .malformed("a Fernet token is URL-safe base64")
        }
        // Version, time, initialisation vector, at least one block, HMAC.
        guard bytes.count >= 1 + 8 + 16 + 16 + 32, bytes[0] == Self.version,
            (bytes.count - 57) % AESCBC.blockCount == 0
        else { throw .malformed("this is not a Fernet token") }
        let signed = Array(bytes.dropLast(32))
        // Nothing else is looked at before this: a padding error of a token that was tampered with would tell something.
        guard constantTimeEquals(Digest.hmacSHA256(key: signing, signed), Array(bytes.suffix(32))) else {
            throw .doesNotOpen
        }
        let time = signed[1..<9].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        if let timeToLive {
            guard time <= now || time - now <= Self.maxClockSkew, now <= time || now - time <= timeToLive else {
                throw .doesNotOpen
            }
        }
        return try AESCBC.decrypt(Array(signed[25...]), key: encryption, iv: Array(signed[9..<25]))
    }

    /// Padded URL-safe base64, in its only spelling.
    private static func decode(_ text: String) -> [UInt8]? {
        let octets = Array(text.utf8)
        guard octets.count % 4 == 0 else { return nil }
        let padding = octets.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
        return Base64URL.decode(octets.dropLast(padding))
    }
}

extension FernetKey: CustomStringConvertible, CustomReflectable {
    package var description: String { "***masked***" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
