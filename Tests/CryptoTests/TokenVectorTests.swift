import JSON
import XCTest

@testable import Crypto

/// The vectors sign texts that are no claims, so they run against the layer below `JWTVerifier`.
final class TokenVectorTests: XCTestCase {
    func testSignedTokensVerifyAsTheVectorsSay() throws { try run("json_web_signature_test") }

    func testKeySetsAreJudgedAsTheVectorsSay() throws { try run("json_web_key_test") }

    /// Encrypted tokens (JWE) are not supported: every one of them is refused.
    func testTheMixedFileIsJudgedAsTheVectorsSay() throws { try run("json_web_crypto_test") }

    private func run(_ name: String) throws {
        var file = try VectorFile(name)
        for group in file.groups {
            let keys = try keySet(group)
            for test in group["tests"]?.array ?? [] {
                let token = try text(of: test)
                try file.check(test, isSupported: isSupported(token), outcome(token, keys))
            }
        }
        file.finish()
    }

    /// The public keys of a group, or the shared secrets where it has none; nil when the set is refused.
    private func keySet(_ group: JSONValue) throws -> JWTKeySet? {
        let keys = try XCTUnwrap(group["public"] ?? group["private"])
        let document =
            keys["keys"] == nil ? JSONValue.object(JSONObject([.init(name: "keys", value: .array([keys]))])) : keys
        return try? JWTKeySet.jwks(JSONWriter.text(of: document))
    }

    /// JSON serialisations are given to the verifier as their text.
    private func text(of test: JSONValue) throws -> String {
        let value = try XCTUnwrap(test["jws"] ?? test["jwe"])
        return value.string ?? String(decoding: JSONWriter.text(of: value), as: UTF8.self)
    }

    private func isSupported(_ token: String) -> Bool {
        guard let header = Base64URL.decode(String(token.prefix { $0 != "." })),
            let value = try? JSONParser.parse(header),
            let name = value["alg"]?.string
        else { return false }
        return JWTAlgorithm(rawValue: name) != nil
    }

    private func outcome(_ token: String, _ keys: JWTKeySet?) -> VectorFile.Outcome {
        guard let keys, (try? JSONWebSignature.payload(of: token, keys, maxLength: 8_192)) != nil else {
            return .refused
        }
        return .accepted
    }
}
