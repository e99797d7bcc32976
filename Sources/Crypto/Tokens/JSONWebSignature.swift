/// A JWS in compact serialisation (RFC 7515 section 7.1).
enum JSONWebSignature {
    /// The payload of a token that one of `keys` signed. It may be any octets, even none.
    ///
    /// Nothing of the payload is looked at before the signature has verified.
    static func payload(of token: String, _ keys: JWTKeySet, maxLength: Int) throws(JWTError) -> [UInt8] {
        guard token.utf8.count <= maxLength else { throw .tooLong(limit: maxLength) }
        let text = Array(token.utf8)
        guard let (firstDot, secondDot) = dots(text) else { throw .notThreeParts }
        let header = try JOSEHeader(text[..<firstDot])
        guard let signature = Base64URL.decode(text[(secondDot + 1)...]) else { throw .badEncoding(part: "signature") }
        try text.withUnsafeBufferPointer { octets throws(JWTError) in
            let message = UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: octets[..<secondDot]))
            try keys.verify(signature, over: message, header)
        }
        guard let payload = Base64URL.decode(text[(firstDot + 1)..<secondDot]) else {
            throw .badEncoding(part: "payload")
        }
        return payload
    }

    /// The positions of the dots when there are exactly two.
    private static func dots(_ text: [UInt8]) -> (Int, Int)? {
        let dot = UInt8(ascii: ".")
        guard let first = text.firstIndex(of: dot), let last = text.lastIndex(of: dot), first < last,
            !text[(first + 1)..<last].contains(dot)
        else { return nil }
        return (first, last)
    }
}
