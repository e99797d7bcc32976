extension KeyRing {
    /// Reads a key file: one key a line, `KEYID BASE64-OF-32-OCTETS`; empty lines and lines that start with `#` say
    /// nothing. The first key seals. Key IDs have 1 to 64 letters, digits, `.`, `_` or `-`.
    ///
    /// Throws `malformed` with the number of the line and never with its text, which may hold a key.
    package init(parsing text: String) throws(CryptoError) {
        var keys: [Key] = []
        for (index, line) in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated()
        {
            let fields = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\r") }
            guard let first = fields.first, first.first != UInt8(ascii: "#") else { continue }
            let place = "line \(index + 1) of the key ring"
            guard fields.count == 2 else { throw .malformed("\(place) is not a key ID and a key") }
            let key = try Self.key(Array(first), Array(fields[1]), place)
            guard !keys.contains(where: { $0.id == key.id }) else {
                throw .malformed("\(place) repeats the key ID \(key.id)")
            }
            guard !keys.contains(where: { $0.material.equals(key.material) }) else {
                throw .malformed("\(place) repeats a key under another ID")
            }
            keys.append(key)
        }
        guard let sealing = keys.first else { throw .malformed("the key ring has no key") }
        self.init(sealingKey: sealing, others: Array(keys.dropFirst()))
    }

    private static func key(_ id: [UInt8], _ text: [UInt8], _ place: String) throws(CryptoError) -> Key {
        guard id.count <= 64, id.allSatisfy(isKeyIDLetter) else {
            throw .malformed("\(place) has a key ID that is not 1 to 64 letters, digits, '.', '_' or '-'")
        }
        guard var octets = Base64.decode(text) else { throw .malformed("\(place) has a key that is not base64") }
        defer { wipe(&octets) }
        guard octets.count == AESGCM.keyCount else {
            throw .malformed("\(place) has a key of \(octets.count) octets instead of 32")
        }
        return Key(id: String(decoding: id, as: UTF8.self), material: KeyMaterial(octets))
    }

    private static func isKeyIDLetter(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
