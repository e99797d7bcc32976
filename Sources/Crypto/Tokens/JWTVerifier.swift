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
        let expiry = try checkTimes(claims, now)
        if let issuer = settings.issuer {
            guard claims["iss"]?.string.map({ Self.sameOctets($0, issuer) }) ?? false else { throw .wrongIssuer }
        }
        if let audience = settings.audience { try check(claims["aud"], contains: audience) }
        return JWTClaims(subject: try Self.subject(claims["sub"]), expiresAt: expiry, claims: claims)
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
    private func checkTimes(_ claims: JSONObject, _ now: Int64) throws(JWTError) -> Int64 {
        guard let expiry = try Self.time("exp", claims) else { throw .missingExpiry }
        guard now < expiry + settings.leewaySeconds else { throw .expired }
        if let notBefore = try Self.time("nbf", claims), notBefore - settings.leewaySeconds > now {
            throw .notYetValid
        }
        if let issued = try Self.time("iat", claims), issued - settings.leewaySeconds > now {
            throw .issuedInTheFuture
        }
        return expiry
    }

    private static func time(_ name: String, _ claims: JSONObject) throws(JWTError) -> Int64? {
        guard let value = claims[name] else { return nil }
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
            subject.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else { throw .badSubject }
        return subject
    }

    /// Swift's `==` takes texts of different octets for equal when they look alike; a permission must not.
    private static func sameOctets(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }
}
