import JSON
import XCTest

@testable import Crypto

final class JWKSTests: XCTestCase {
    // The public keys of RFC 7515 appendix A.3 and RFC 8037 appendix A.2.
    private let ec =
        #""kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0""#
    private let okp = #""kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#
    private let rsa = #""kty":"RSA","e":"AQAB","n":"\#(modulus)""#
    private let oct = #""kty":"oct","alg":"HS256","k":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8""#
    /// 2^2047 + 1: for parsing, nobody can sign with it.
    private static let modulus = Base64URL.encode([0x80] + [UInt8](repeating: 0, count: 254) + [1])

    private func set(_ keys: String...) -> String { "{\"keys\":[\(keys.map { "{\($0)}" }.joined(separator: ","))]}" }

    private func keys(_ text: String) throws -> [String] { try JWTKeySet.jwks(Array(text.utf8)).summary }

    func testTheAlgorithmFollowsFromTheTypeUnlessItIsNamed() throws {
        XCTAssertEqual(try keys(set(rsa, ec, okp)), ["RS256 (no ID)", "ES256 (no ID)", "EdDSA (no ID)"])
        XCTAssertEqual(try keys(set(rsa + #","alg":"PS256","kid":"p""#)), ["PS256 p"])
        XCTAssertEqual(try keys(set(rsa + #","alg":"RS512","kid":"p""#)), ["RS512 p"])
        XCTAssertEqual(try keys(set(oct + #","kid":"s""#)), ["HS256 s"])
        XCTAssertEqual(try keys(#"{"keys":[]}"#), [])
    }

    func testTokensVerifyWithTheKeysOfASet() throws {
        let example =
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
            + "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        let payload = try JSONWebSignature.payload(of: example, .jwks(Array(set(ec, okp).utf8)), maxLength: 8_192)
        XCTAssertEqual(payload, Array("Example of Ed25519 signing".utf8))
        XCTAssertNil(Token.refusal(of: Token.hs256(), try .jwks(Array(set(oct).utf8))))
    }

    func testWellFormedKeysThatAreNotForUsArePassedOver() throws {
        let others = [
            #""kty":"XYZ","abc":1"#, #""kty":"EC","crv":"P-384","x":"AA","y":"AA""#,
            #""kty":"OKP","crv":"X25519","x":"AA""#,
            rsa + #","use":"enc""#, rsa + #","alg":"RSA-OAEP""#, rsa + #","alg":"RS1""#, ec + #","alg":"ES521""#,
            ec + #","key_ops":["deriveKey"]"#, rsa + #","key_ops":[]"#, #""kty":"RSA","use":"enc""#,
        ]
        for other in others { XCTAssertEqual(try keys(set(other, ec)), ["ES256 (no ID)"], other) }
        XCTAssertEqual(try keys(set(ec + #","use":"sig","key_ops":["sign","verify"],"x5t":"abc","ext":true"#)).count, 1)
    }

    func testMalformedAndDangerousKeysRefuseTheWholeSet() throws {
        let refused = [
            ec + #","d":"AA""#, rsa + #","d":"AA""#, rsa + #","p":"AA""#, rsa + #","qi":null"#, okp + #","d":"AA""#,
            rsa + #","oth":[]"#, ec + #","k":"AA""#, #""kty":"XYZ","d":"AA""#,
            ec + #","alg":"RS256""#, ec + #","alg":"HS256""#, rsa + #","alg":"ES256""#, rsa + #","alg":"HS256""#,
            okp + #","alg":"ES256""#, #""kty":"RSA","alg":"ES256""#, ec + #","alg":1"#, ec + #","alg":null"#,
            ec + #","use":1"#, ec + #","key_ops":"verify""#, ec + #","kid":1"#, ec + #","kid":"""#,
            ec + #","kid":"\#(String(repeating: "k", count: 256))""#, #""kty":1"#, #""x":"AA""#,
            #""kty":"EC","x":"AA","y":"AA""#, #""kty":"EC","crv":"P-256","x":"AA","y":"AA""#,
            ec.replacing("x_FEzRu9", with: "x_FEzRu8"), ec.replacing("5a0\"", with: "5a0=\""),
            ec.replacing("5a0\"", with: "5a1\""),
            #""kty":"OKP","crv":"Ed25519","x":"AA""#, #""kty":"OKP","crv":"Ed25519""#,
            #""kty":"RSA","e":"AQAB","n":"AAAA""#, #""kty":"RSA","e":"AQAB","n":"""#, #""kty":"RSA","e":"AQAB""#,
            rsa.replacing("AQAB", with: "AQ"), rsa.replacing("AQAB", with: "Ag"), rsa.replacing("AQAB", with: "AAEAAQ"),
            #""kty":"oct","k":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8""#, oct.replacing("HS256", with: "HS384"),
            oct.replacing("HS256", with: "RS256"), #""kty":"oct","alg":"HS256","k":"""#, #""kty":"oct","alg":"HS256""#,
            oct.replacing("AAECAwQF", with: ""),
        ]
        for key in refused {
            XCTAssertThrowsError(try keys(set(key)), key)
            if !key.contains("oct") { XCTAssertThrowsError(try keys(set(ec, key)), key) }
        }
    }

    func testASetIsSecretOrPublic() {
        assertThrows(.malformed("the JWKS mixes shared secrets (oct) and public keys")) { _ = try keys(set(oct, ec)) }
        assertThrows(.malformed("the JWKS mixes shared secrets (oct) and public keys")) {
            _ = try keys(set(ec, oct.replacing("HS256", with: "A256KW")))
        }
    }

    func testTwoKeysOfOneIDAreRefused() throws {
        assertThrows(.malformed("two keys have the same ID")) {
            _ = try keys(set(ec + #","kid":"a""#, okp + #","kid":"a""#))
        }
        XCTAssertEqual(try keys(set(ec + #","kid":"caf\u00e9""#, okp + #","kid":"cafe\u0301""#)).count, 2)
        let one = try JWTKeySet.jwks(Array(set(ec + #","kid":"a""#).utf8))
        XCTAssertThrowsError(try one.merging(one))
        XCTAssertEqual(try one.merging(.secret(Token.secret, algorithm: .hs256, keyID: "b")).count, 2)
        XCTAssertTrue(JWTKeySet.empty.isEmpty)
    }

    func testTheDocumentIsStrictAndBounded() throws {
        for text in [
            "", "[]", "{}", #"{"keys":{}}"#, #"{"keys":[1]}"#, #"{"keys":[],"keys":[]}"#, #"{"keys":[]} x"#, "{\(ec)}",
        ] {
            XCTAssertThrowsError(try keys(text), text)
        }
        let hundred = (0..<100).map { "{\(okp),\"kid\":\"\($0)\"}" }
        XCTAssertEqual(try keys("{\"keys\":[\(hundred.joined(separator: ","))]}").count, 100)
        assertThrows(.malformed("the JWKS has more than 100 keys")) {
            _ = try keys("{\"keys\":[\((hundred + ["{\(okp)}"]).joined(separator: ","))]}")
        }
        let padding = String(repeating: " ", count: 102_400)
        assertThrows(.malformed("the JWKS is larger than 102400 octets")) { _ = try keys(#"{"keys":[]}"# + padding) }
    }

    func testAMessageNamesTheKeyAndNeverItsSecret() {
        XCTAssertThrowsError(try keys(set(ec, rsa + #","d":"CANARY""#))) {
            XCTAssertEqual($0 as? CryptoError, .malformed("key 2 of the JWKS: it holds the private member 'd'"))
        }
        XCTAssertThrowsError(try keys(set(#""kty":"oct","alg":"HS256","k":"CANARY""#))) {
            XCTAssertFalse("\($0)".contains("CANARY"))
        }
    }
}
