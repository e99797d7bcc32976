/// The signature algorithms of RFC 7518 and RFC 8037 that are accepted. There is no `none`.
package enum JWTAlgorithm: String, Sendable, CaseIterable {
    case hs256 = "HS256"
    case hs384 = "HS384"
    case hs512 = "HS512"
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case es256 = "ES256"
    case edDSA = "EdDSA"
}

extension JWTAlgorithm {
    /// What an algorithm verifies with.
    enum Method {
        case code(HashFunction)
        case signature(SignatureScheme)
    }

    var method: Method {
        switch self {
        case .hs256: .code(.sha256)
        case .hs384: .code(.sha384)
        case .hs512: .code(.sha512)
        case .rs256: .signature(.rsa256)
        case .rs384: .signature(.rsa384)
        case .rs512: .signature(.rsa512)
        case .ps256: .signature(.rsaPSS256)
        case .es256: .signature(.ecdsa256)
        case .edDSA: .signature(.ed25519)
        }
    }
}
