/// Why a token is refused. For the operator and the log: a caller of the API is never told which it was.
package enum JWTError: Error, Equatable, Sendable {
    // The form.
    case tooLong(limit: Int)
    case notThreeParts
    case badEncoding(part: String)
    // The header.
    case badHeader(String)
    case unsecured
    case unknownAlgorithm(String)
    case forbiddenHeader(String)
    case wrongType
    // The key and the signature.
    case unknownKey
    case noKeyForAlgorithm
    case algorithmDoesNotFitKey
    case badSignature
    // The claims.
    case badClaims(String)
    case missingExpiry
    case badTime(claim: String)
    case expired
    case notYetValid
    case issuedInTheFuture
    case wrongIssuer
    case wrongAudience
    case badSubject

    /// A sentence for `providerctl token verify`. It quotes names of ours and of the token's header, never claims.
    package var reason: String {
        switch self {
        case .tooLong(let limit): "The token is longer than \(limit) octets."
        case .notThreeParts: "The token does not have three parts separated by dots."
        case .badEncoding(let part): "The \(part) is not canonical base64url without padding."
        case .badHeader(let problem): "The header is not acceptable: \(problem)."
        case .unsecured: "The token is not signed (alg is 'none')."
        case .unknownAlgorithm(let name): "The algorithm '\(name)' is not supported."
        case .forbiddenHeader(let name): "The header has '\(name)', which is not accepted."
        case .wrongType: "The header's typ is neither JWT nor at+jwt."
        case .unknownKey: "The token names a key (kid) that is not configured."
        case .noKeyForAlgorithm: "No key is configured for the token's algorithm."
        case .algorithmDoesNotFitKey: "The token's algorithm is not the one of the key that it names."
        case .badSignature: "The signature does not verify."
        case .badClaims(let problem): "The claims are not acceptable: \(problem)."
        case .missingExpiry: "The token has no exp."
        case .badTime(let claim): "The claim \(claim) is not a time in seconds since 1970."
        case .expired: "The token has expired."
        case .notYetValid: "The token is not valid yet (nbf)."
        case .issuedInTheFuture: "The token was issued in the future (iat)."
        case .wrongIssuer: "The issuer (iss) is not the configured one."
        case .wrongAudience: "The audience (aud) does not contain the configured one."
        case .badSubject: "The subject (sub) is not a text of 1 to 255 octets without control characters."
        }
    }
}
