import JSON

/// Verifies bearer tokens: JWT (RFC 7519) in compact serialisation, by the practices of RFC 8725.
///
/// Cheap to make: one for each request, with the keys of that moment, is fine.
package struct JWTVerifier: Sendable {
    private let keys: JWTKeySet
    private let settings: JWTSettings

    package init(keys: JWTKeySet, settings: JWTSettings) {
        self.keys = keys
        self.settings = settings
    }

    /// The claims of a token that is signed by one of the keys, in force at `now` (seconds since 1970) and meant for
    /// us. Costs a signature verification; `TokenCache` saves the next ones.
    package func verify(_ token: String, now: Int64) throws(JWTError) -> JWTClaims {
        let payload = try JSONWebSignature.payload(of: token, keys, maxLength: settings.maxLength)
        let claims = try Self.object(payload)
        let registered = RegisteredClaims(claims)
        let expiry = try checkTimes(registered, now)
        if let issuer = settings.issuer {
            guard case .string(let text)? = registered.issuer, Self.sameOctets(text, issuer) else { throw .wrongIssuer }
        }
        if let audience = settings.audience { try check(registered.audience, contains: audience) }
        return JWTClaims(subject: try Self.subject(registered.subject), expiresAt: expiry, claims: claims)
    }

    private static func object(_ payload: [UInt8]) throws(JWTError) -> JSONObject {
        do throws(JOSEObject.Problem) {
            return try JOSEObject.parse(payload)
        } catch {
            throw .badClaims(error.text)
        }
    }

    /// `exp`, after it, `nbf` and `iat` have been compared with `now`. No sum can overflow: a NumericDate is bounded,
    /// and `now` is only compared.
    private func checkTimes(_ claims: RegisteredClaims, _ now: Int64) throws(JWTError) -> Int64 {
        guard let expiry = try Self.time(claims.expiry, "exp") else { throw .missingExpiry }
        guard now < expiry + settings.leewaySeconds else { throw .expired }
        if let notBefore = try Self.time(claims.notBefore, "nbf"), notBefore - settings.leewaySeconds > now {
            throw .notYetValid
        }
        if let issued = try Self.time(claims.issued, "iat"), issued - settings.leewaySeconds > now {
            throw .issuedInTheFuture
        }
        return expiry
    }

    private static func time(_ value: JSONValue?, _ name: String) throws(JWTError) -> Int64? {
        guard let value else { return nil }
        guard let seconds = NumericDate.seconds(value) else { throw .badTime(claim: name) }
        return seconds
    }

    /// `aud` is a text or an array of texts (RFC 7519 section 4.1.3).
    private func check(_ value: JSONValue?, contains audience: String) throws(JWTError) {
        switch value {
        case .string(let text)?:
            guard Self.sameOctets(text, audience) else { throw .wrongAudience }
        case .array(let elements)?:
            guard elements.allSatisfy({ $0.string != nil }),
                elements.contains(where: { $0.string.map { Self.sameOctets($0, audience) } ?? false })
            else { throw .wrongAudience }
        default:
            throw .wrongAudience
        }
    }

    private static func subject(_ value: JSONValue?) throws(JWTError) -> String {
        guard let subject = value?.string, (1...255).contains(subject.utf8.count),
            !subject.unicodeScalars.contains(where: isControl)
        else { throw .badSubject }
        return subject
    }

    /// The general category Cc, which Unicode has fixed for ever.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
    }

    /// Swift's `==` takes texts of different octets for equal when they look alike; a permission must not.
    private static func sameOctets(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }
}

/// The claims of RFC 7519 section 4.1 that are looked at, found in one pass.
private struct RegisteredClaims {
    var issuer: JSONValue?
    var subject: JSONValue?
    var audience: JSONValue?
    var expiry: JSONValue?
    var notBefore: JSONValue?
    var issued: JSONValue?

    init(_ claims: JSONObject) {
        for member in claims.members {
            switch member.name {
            case "iss": issuer = member.value
            case "sub": subject = member.value
            case "aud": audience = member.value
            case "exp": expiry = member.value
            case "nbf": notBefore = member.value
            case "iat": issued = member.value
            default: break
            }
        }
    }
}
