import JSON

/// What a token must say to be meant for us.
package struct JWTSettings: Sendable {
    /// RFC 8725 asks for a small leeway; no setting goes beyond this.
    package static let maximumLeewaySeconds: Int64 = 60

    /// `iss` must be exactly this; nil accepts every issuer whose key is configured.
    package let issuer: String?
    /// `aud` must be or contain exactly this; nil does not look at `aud`.
    package let audience: String?
    /// How far the clocks of issuer and installation may differ, 0 to 60.
    package let leewaySeconds: Int64
    /// In octets.
    package let maxLength: Int

    /// A leeway outside 0 to 60 is taken for the nearer of the two.
    package init(
        issuer: String? = nil, audience: String? = nil, leewaySeconds: Int64 = 30, maxLength: Int = 8_192
    ) {
        self.issuer = issuer
        self.audience = audience
        self.leewaySeconds = min(max(leewaySeconds, 0), Self.maximumLeewaySeconds)
        self.maxLength = maxLength
    }
}

/// The claims of a token that verified.
package struct JWTClaims: Sendable, Equatable {
    /// `sub`: 1 to 255 octets without control characters.
    package let subject: String
    /// `exp` in seconds since 1970, without the leeway.
    package let expiresAt: Int64
    /// All claims, the registered ones included.
    package let claims: JSONObject

    /// For tests of those who use claims; nothing is checked.
    package init(subject: String, expiresAt: Int64, claims: JSONObject) {
        self.subject = subject
        self.expiresAt = expiresAt
        self.claims = claims
    }
}
