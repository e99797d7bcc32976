import JSON

/// The protected header of a JWS (RFC 7515 section 4): what of it is used.
struct JOSEHeader: Sendable, Equatable {
    /// What the token claims; it only ever selects among keys that have this algorithm already.
    let algorithm: JWTAlgorithm
    /// An opaque name for a look-up in memory, never a path, an address or part of a statement.
    let keyID: String?

    /// Parameters that nobody may send. `crit` and `b64` change how the token is to be read (RFC 7515 section
    /// 4.1.11, RFC 7797); the others bring or fetch a key chosen by the sender (RFC 8725 section 3.10); `zip`
    /// belongs to encryption and would be a way to expand.
    private static let forbidden = ["crit", "b64", "jku", "jwk", "x5u", "x5c", "zip"]

    init(_ segment: ArraySlice<UInt8>) throws(JWTError) {
        guard let text = Base64URL.decode(segment) else { throw .badEncoding(part: "header") }
        let header = try Self.object(text)
        if let name = Self.forbidden.first(where: { header[$0] != nil }) { throw .forbiddenHeader(name) }
        algorithm = try Self.algorithm(header["alg"])
        switch header["typ"] {
        case nil: break
        case .string(let type)? where Self.isToken(type): break
        default: throw .wrongType
        }
        switch header["kid"] {
        case nil: keyID = nil
        case .string(let id)?: keyID = id
        default: throw .badHeader("kid is not a text")
        }
    }

    private static func object(_ text: [UInt8]) throws(JWTError) -> JSONObject {
        do throws(JOSEObject.Problem) {
            return try JOSEObject.parse(text)
        } catch {
            throw .badHeader(error.text)
        }
    }

    private static func algorithm(_ value: JSONValue?) throws(JWTError) -> JWTAlgorithm {
        guard let name = value?.string else { throw .badHeader("alg is missing or not a text") }
        guard name.lowercased() != "none" else { throw .unsecured }
        guard let algorithm = JWTAlgorithm(rawValue: name) else { throw .unknownAlgorithm(String(name.prefix(32))) }
        return algorithm
    }

    /// RFC 7519 section 5.1 and RFC 9068 section 2.1; `application/` may be left out (RFC 7515 section 4.1.9).
    /// Other types, such as identity or log-out tokens, are not for us (RFC 8725 section 3.11).
    private static func isToken(_ type: String) -> Bool {
        ["jwt", "at+jwt", "application/jwt", "application/at+jwt"].contains(type.lowercased())
    }
}
