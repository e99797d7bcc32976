import JSON

@testable import Crypto

/// Tokens made by hand, so that they can be wrong in every way.
enum Token {
    static let now: Int64 = 1_800_000_000
    static let secret = [UInt8](0..<32)

    /// Claims that everything is right with.
    static let claims = #"{"sub":"user-1","exp":1800003600,"iss":"https://issuer.example","aud":"providerd"}"#

    static func message(_ header: String, _ claims: String) -> String {
        Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(claims.utf8))
    }

    /// A token signed with `secret` by HS256, whatever its header says.
    static func hs256(
        header: String = #"{"alg":"HS256","typ":"JWT"}"#, _ claims: String = claims, secret: [UInt8] = secret
    ) -> String {
        let message = message(header, claims)
        return message + "." + Base64URL.encode(Digest.hmacSHA256(key: secret, Array(message.utf8)))
    }

    /// A token signed with a private key.
    static func signed(
        header: String, _ key: SigningKey, _ algorithm: JWTAlgorithm
    ) throws -> String {
        let message = message(header, claims)
        return message + "." + Base64URL.encode(try key.signForToken(Array(message.utf8), algorithm))
    }

    /// Why `token` is refused; nil when it is accepted.
    static func refusal(of token: String, _ keys: JWTKeySet, _ settings: JWTSettings = JWTSettings()) -> JWTError? {
        do throws(JWTError) {
            _ = try JWTVerifier(keys: keys, settings: settings).verify(token, now: now)
            return nil
        } catch {
            return error
        }
    }
}
