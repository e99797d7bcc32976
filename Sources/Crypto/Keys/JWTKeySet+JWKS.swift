import JSON

extension JWTKeySet {
    /// Enough for 100 keys of RSA-4096 with their certificates left out.
    static let jwksOctetLimit = 102_400

    /// Reads a JWK Set (RFC 7517).
    ///
    /// Keys that are well formed but not for us are passed over, as section 5 of the RFC asks: an unknown `kty`,
    /// `crv` or `alg`, a `use` other than `sig`, `key_ops` without `verify`. Identity providers publish their
    /// encryption keys in the same set.
    ///
    /// Throws `malformed` or `library`, and then takes no key at all, for anything that hints at a mistake or an
    /// attack: not a strict JSON object, over 100 KB or 100 keys, two keys of one ID, private members, a weak key,
    /// a point off its curve, an algorithm that does not fit its key type, and shared secrets (`oct`) beside public
    /// keys: a set is either secret or public.
    package static func jwks(_ json: [UInt8]) throws(CryptoError) -> JWTKeySet {
        guard json.count <= jwksOctetLimit else { throw .malformed("the JWKS is larger than \(jwksOctetLimit) octets") }
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONParser.parse(
                json, limits: JSONLimits(octets: jwksOctetLimit, depth: 8, values: 10_000))
        } catch {
            throw .malformed("the JWKS is not JSON: \(error.reason.rawValue) at octet \(error.position)")
        }
        guard let members = document["keys"]?.array else { throw .malformed("the JWKS has no array 'keys'") }
        guard members.count <= limit else { throw .malformed("the JWKS has more than \(limit) keys") }
        var keys: [VerificationKey] = []
        var hasSecrets = false
        var hasPublicKeys = false
        for (index, member) in members.enumerated() {
            do throws(CryptoError) {
                let key = try JSONWebKey(member)
                if key.isSecret { hasSecrets = true } else { hasPublicKeys = true }
                if let key = try key.verificationKey() { keys.append(key) }
            } catch {
                throw .malformed("key \(index + 1) of the JWKS: \(error.text)")
            }
        }
        guard !(hasSecrets && hasPublicKeys) else {
            throw .malformed("the JWKS mixes shared secrets (oct) and public keys")
        }
        return try JWTKeySet(keys)
    }
}

extension CryptoError {
    /// The text of the error without the name of its case.
    package var text: String {
        switch self {
        case .unknownKey(let id): "there is no key \(id)"
        case .doesNotOpen: "the sealed octets do not open"
        case .malformed(let text), .library(let text): text
        }
    }
}
