import JSON

/// The protected header of a JWS (RFC 7515 section 4): what of it is used.
struct JOSEHeader: Sendable, Equatable {
    /// What the token claims; it only ever selects among keys that have this algorithm already.
    let algorithm: JWTAlgorithm
    /// An opaque name for a look-up in memory, never a path, an address or part of a statement.
    let keyID: String?

    init(_ segment: ArraySlice<UInt8>) throws(JWTError) {
        guard let text = Base64URL.decode(segment) else { throw .badEncoding(part: "header") }
        var algorithm: JWTAlgorithm?
        var keyID: String?
        for member in try Self.object(text).members {
            switch member.name {
            case "alg":
                algorithm = try Self.algorithm(member.value)
            case "kid":
                guard case .string(let id) = member.value else { throw .badHeader("kid is not a text") }
                keyID = id
            case "typ":
                guard case .string(let type) = member.value, Self.isToken(type) else { throw .wrongType }
            case "crit", "b64", "jku", "jwk", "x5u", "x5c", "zip":
                // `crit` and `b64` change how the token is to be read (RFC 7515 section 4.1.11, RFC 7797). The others
                // bring or fetch a key of the sender's choice (RFC 8725 section 3.10). `zip` belongs to encryption
                // and would be a way to expand.
                throw .forbiddenHeader(member.name)
            default:
                break
            }
        }
        guard let algorithm else { throw .badHeader("alg is missing") }
        self.algorithm = algorithm
        self.keyID = keyID
    }

    private static func object(_ text: [UInt8]) throws(JWTError) -> JSONObject {
        do throws(JOSEObject.Problem) {
            return try JOSEObject.parse(text)
        } catch {
            throw .badHeader(error.text)
        }
    }

    private static func algorithm(_ value: JSONValue) throws(JWTError) -> JWTAlgorithm {
        guard case .string(let name) = value else { throw .badHeader("alg is not a text") }
        if let algorithm = JWTAlgorithm(rawValue: name) { return algorithm }
        throw name.lowercased() == "none" ? .unsecured : .unknownAlgorithm(String(name.prefix(32)))
    }

    /// RFC 7519 section 5.1 and RFC 9068 section 2.1; `application/` may be left out (RFC 7515 section 4.1.9).
    /// Other types, such as identity or log-out tokens, are not for us (RFC 8725 section 3.11).
    private static func isToken(_ type: String) -> Bool {
        type == "JWT" || ["jwt", "at+jwt", "application/jwt", "application/at+jwt"].contains(type.lowercased())
    }
}
