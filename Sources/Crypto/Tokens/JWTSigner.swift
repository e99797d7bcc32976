import JSON

/// Issues local tokens with a shared secret.
package enum JWTSigner {
    /// A token over `claims`, the text of a JSON object that the caller fills (`exp`, `sub` and the rest).
    ///
    /// Throws `malformed` when the claims are no object, and when the secret is too short for the algorithm or the
    /// algorithm does not take a secret.
    package static func sign(
        claims json: [UInt8], secret: [UInt8], algorithm: JWTAlgorithm, keyID: String? = nil
    ) throws(CryptoError) -> String {
        guard case .code(let function) = algorithm.method else {
            throw .malformed("\(algorithm.rawValue) cannot sign with a secret")
        }
        guard secret.count >= function.digestCount else {
            throw .malformed("a secret for \(algorithm.rawValue) needs \(function.digestCount) octets")
        }
        do throws(JOSEObject.Problem) {
            _ = try JOSEObject.parse(json)
        } catch {
            throw .malformed("the claims are not acceptable: \(error.text)")
        }
        let header = JSONWriter.object {
            $0.field("alg", algorithm.rawValue)
            $0.field("typ", "JWT")
            if let keyID { $0.field("kid", keyID) }
        }
        let message = Base64URL.encode(header) + "." + Base64URL.encode(json)
        return message + "." + Base64URL.encode(Digest.hmac(function, secret, Array(message.utf8)))
    }
}
