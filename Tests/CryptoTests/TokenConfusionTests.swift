import JSON
import XCTest

@testable import Crypto

/// Attempts to have a token accepted that no configured key signed, or signed otherwise than configured.
final class TokenConfusionTests: XCTestCase {
    private func secretKeys(id: String? = nil) throws -> JWTKeySet {
        try .secret(Token.secret, algorithm: .hs256, keyID: id)
    }

    func testAGoodTokenOfEveryAlgorithmIsAccepted() throws {
        let (rsa, ec, ed25519) = (try SigningKey.rsa(), try SigningKey.ec(), try SigningKey.ed25519())
        for algorithm in JWTAlgorithm.allCases {
            let header = #"{"alg":"\#(algorithm.rawValue)"}"#
            let (token, keys): (String, JWTKeySet)
            switch algorithm.method {
            case .code:
                let secret = [UInt8](repeating: 5, count: 64)
                token = try JWTSigner.sign(claims: Array(Token.claims.utf8), secret: secret, algorithm: algorithm)
                keys = try .secret(secret, algorithm: algorithm)
            case .signature(let scheme):
                let key = scheme.keyKind == .rsa ? rsa : scheme.keyKind == .p256 ? ec : ed25519
                token = try Token.signed(header: header, key, algorithm)
                keys = try .pem(key.publicPEM, algorithm: algorithm)
            }
            XCTAssertNil(Token.refusal(of: token, keys), algorithm.rawValue)
            XCTAssertNotNil(Token.refusal(of: token + "A", keys), algorithm.rawValue)
            XCTAssertNotNil(Token.refusal(of: token, .empty))
        }
    }

    func testUnsignedTokensAreRefused() throws {
        for name in ["none", "None", "NONE", "nOnE"] {
            let message = Token.message(#"{"alg":"\#(name)"}"#, Token.claims)
            XCTAssertEqual(Token.refusal(of: message + ".", try secretKeys()), .unsecured)
            XCTAssertEqual(Token.refusal(of: message + ".", .empty), .unsecured)
            XCTAssertEqual(Token.refusal(of: Token.hs256(header: #"{"alg":"\#(name)"}"#), try secretKeys()), .unsecured)
        }
        let message = Token.message(#"{"alg":"HS256"}"#, Token.claims)
        XCTAssertEqual(Token.refusal(of: message + ".", try secretKeys()), .badSignature)
    }

    func testAPublicKeyIsNeverASecret() throws {
        let key = try SigningKey.rsa()
        let forms = [key.publicDER, Array(key.publicPEM.utf8), Array(key.publicPEM.utf8.dropLast())]
        for secret in forms {
            let token = Token.hs256(secret: secret)
            XCTAssertEqual(Token.refusal(of: token, try .pem(key.publicPEM, algorithm: .rs256)), .noKeyForAlgorithm)
            let named = try JWTKeySet.pem(key.publicPEM, algorithm: .rs256, keyID: "a")
            let tokenWithID = Token.hs256(header: #"{"alg":"HS256","kid":"a"}"#, secret: secret)
            XCTAssertEqual(Token.refusal(of: tokenWithID, named), .algorithmDoesNotFitKey)
        }
    }

    func testAKeyHasOneAlgorithmOnly() throws {
        let key = try SigningKey.rsa()
        for algorithm in [JWTAlgorithm.rs384, .rs512, .ps256] {
            let token = try Token.signed(header: #"{"alg":"\#(algorithm.rawValue)"}"#, key, algorithm)
            XCTAssertEqual(Token.refusal(of: token, try .pem(key.publicPEM, algorithm: .rs256)), .noKeyForAlgorithm)
            XCTAssertNil(Token.refusal(of: token, try .pem(key.publicPEM, algorithm: algorithm)))
        }
        let mislabelled = try Token.signed(header: #"{"alg":"RS256"}"#, key, .ps256)
        XCTAssertEqual(Token.refusal(of: mislabelled, try .pem(key.publicPEM, algorithm: .rs256)), .badSignature)
        XCTAssertThrowsError(try JWTKeySet.pem(key.publicPEM, algorithm: .es256))
        XCTAssertThrowsError(try JWTKeySet.pem(key.publicPEM, algorithm: .hs256))
    }

    func testTheKeyIDIsOnlyAName() throws {
        let keys = try secretKeys(id: "main")
        XCTAssertNil(Token.refusal(of: Token.hs256(header: #"{"alg":"HS256","kid":"main"}"#), keys))
        XCTAssertNil(Token.refusal(of: Token.hs256(), keys))
        let hostile = [
            "../../dev/null", "/etc/passwd", "' OR 1=1 --", "main' UNION SELECT 'k'", "Main", "main ", "", "ma\u{131}n",
            "https://attacker.example/key", "$(id)", String(repeating: "m", count: 3_000),
        ]
        for id in hostile {
            let header = JSONWriter.object {
                $0.field("alg", "HS256")
                $0.field("kid", id)
            }
            let token = Token.hs256(header: String(decoding: header, as: UTF8.self))
            XCTAssertEqual(Token.refusal(of: token, keys), .unknownKey, id)
        }
        for id in ["1", "null", "[\"main\"]", "{}"] {
            let token = Token.hs256(header: #"{"alg":"HS256","kid":\#(id)}"#)
            XCTAssertEqual(Token.refusal(of: token, keys), .badHeader("kid is not a text"))
        }
    }

    func testANamedKeyIsTheOnlyOneTried() throws {
        let other = [UInt8](repeating: 9, count: 32)
        let keys = try secretKeys(id: "a").merging(.secret(other, algorithm: .hs256, keyID: "b"))
        XCTAssertNil(Token.refusal(of: Token.hs256(header: #"{"alg":"HS256","kid":"a"}"#), keys))
        XCTAssertEqual(Token.refusal(of: Token.hs256(header: #"{"alg":"HS256","kid":"b"}"#), keys), .badSignature)
        XCTAssertNil(Token.refusal(of: Token.hs256(secret: other), keys))
    }

    func testAKeyWithoutAnIDAnswersToAnIDThatNoOtherKeyHas() throws {
        let other = [UInt8](repeating: 9, count: 32)
        let keys = try secretKeys().merging(.secret(other, algorithm: .hs256, keyID: "b"))
        XCTAssertNil(Token.refusal(of: Token.hs256(header: #"{"alg":"HS256","kid":"x"}"#), keys))
        XCTAssertEqual(Token.refusal(of: Token.hs256(header: #"{"alg":"HS256","kid":"b"}"#), keys), .badSignature)
        XCTAssertEqual(
            Token.refusal(of: Token.hs256(header: #"{"alg":"HS256","kid":"x"}"#, secret: other), keys), .badSignature)
    }

    func testHeadersThatBringKeysOrChangeTheReadingAreRefused() throws {
        let members = [
            ("jku", #""https://attacker.example/jwks""#), ("x5u", #""https://attacker.example/x""#),
            ("x5c", #"["AAAA"]"#),
            ("jwk", #"{"kty":"oct","k":"AAAA"}"#), ("crit", #"["exp"]"#), ("crit", "[]"), ("crit", #"["b64"]"#),
            ("b64", "false"), ("b64", "true"), ("zip", #""DEF""#),
        ]
        for (name, value) in members {
            let token = Token.hs256(header: #"{"alg":"HS256","\#(name)":\#(value)}"#)
            XCTAssertEqual(Token.refusal(of: token, try secretKeys()), .forbiddenHeader(name))
        }
    }

    func testOnlyTheTypesOfAccessTokensAreAccepted() throws {
        for type in ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"] {
            XCTAssertNil(Token.refusal(of: Token.hs256(header: #"{"alg":"HS256","typ":"\#(type)"}"#), try secretKeys()))
        }
        for type in [#""JOSE""#, #""id+jwt""#, #""logout+jwt""#, #""dpop+jwt""#, #""""#, "1", "null", #"["JWT"]"#] {
            let token = Token.hs256(header: #"{"alg":"HS256","typ":\#(type)}"#)
            XCTAssertEqual(Token.refusal(of: token, try secretKeys()), .wrongType, type)
        }
    }

    func testHeadersMustBeStrictJSON() throws {
        let headers = [
            #"{"alg":"HS256","alg":"HS256"}"#, #"{"alg":"none","\u0061lg":"HS256"}"#, #"["HS256"]"#, #""HS256""#, "",
            #"{"alg":"HS256"} x"#, #"{"alg":"HS256",}"#, #"{"alg":["HS256"]}"#, #"{"alg":null}"#, "{}",
            #"{"ALG":"HS256"}"#,
            "{\"alg\":\"HS256\",\"x\":\"\u{1}\"}",
        ]
        for header in headers {
            guard case .badHeader? = Token.refusal(of: Token.hs256(header: header), try secretKeys()) else {
                XCTFail("\(header) was not refused as a header")
                continue
            }
        }
        for name in ["HS255", "hs256", "HS256 ", "ES256K", "RS1", "ES384", "PS512", "dir", ""] {
            let token = Token.hs256(header: #"{"alg":"\#(name)"}"#)
            XCTAssertEqual(Token.refusal(of: token, try secretKeys()), .unknownAlgorithm(name))
        }
    }

    func testTheFormIsExactlyThreePartsInCanonicalBase64URL() throws {
        let token = Token.hs256()
        let parts = token.split(separator: ".").map(String.init)
        XCTAssertNil(Token.refusal(of: token, try secretKeys()))
        let broken = [
            "", ".", "..", "...", "a.b", token + ".", "." + token, token + ".a.b", token + "=", token + "==",
            token + "\n",
            token + "\r\n", " " + token, token + " ", token + "\0", token + "A", String(token.dropLast()),
            "\(parts[0])=.\(parts[1]).\(parts[2])", "\(parts[0]).\(parts[1])=.\(parts[2])",
            "\(parts[0])..\(parts[2])", ".\(parts[1]).\(parts[2])", "\(parts[0]).\(parts[1])",
            "\(parts[0]).\(parts[1]).\(parts[2].replacing("A", with: "+"))/", "Bearer " + token, token + "," + token,
            token.replacing(".", with: "\u{FF0E}"), token + "\u{301}",
        ]
        for text in broken { XCTAssertNotNil(Token.refusal(of: text, try secretKeys()), text) }
        // The last letter of 32 octets has two unused bits: three other spellings of the same octets.
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let accepted = alphabet.filter {
            Token.refusal(of: token.dropLast() + String($0), (try? secretKeys()) ?? .empty) == nil
        }
        XCTAssertEqual(accepted, [token.last])
    }

    func testALongTokenIsRefusedBeforeItIsRead() throws {
        let padding = String(repeating: "x", count: 6_000)
        let long = Token.hs256(#"{"sub":"a","exp":1800003600,"x":"\#(padding)"}"#)
        XCTAssertGreaterThan(long.utf8.count, 8_000)
        XCTAssertNil(Token.refusal(of: long, try secretKeys(), JWTSettings(maxLength: long.utf8.count)))
        XCTAssertEqual(
            Token.refusal(of: long, try secretKeys(), JWTSettings(maxLength: long.utf8.count - 1)),
            .tooLong(limit: long.utf8.count - 1))
        XCTAssertEqual(
            Token.refusal(of: String(repeating: "a", count: 8_193), try secretKeys()), .tooLong(limit: 8_192))
    }

    func testAnECDSASignatureHasOneForm() throws {
        let key = try SigningKey.ec()
        let keys = try JWTKeySet.pem(key.publicPEM, algorithm: .es256)
        let message = Token.message(#"{"alg":"ES256"}"#, Token.claims)
        let der = try key.sign(Array(message.utf8), .es256)
        let raw = try SigningKey.raw(der: der)
        let order = try octets(hexadecimal: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
        let zero = [UInt8](repeating: 0, count: 32)
        let one = Array(zero.dropLast()) + [1]
        XCTAssertNil(Token.refusal(of: message + "." + Base64URL.encode(raw), keys))
        let wrong: [[UInt8]] = [
            der, [], zero + zero, one + zero, zero + one, order + one, one + order, order + order, one + one, raw + [0],
            [0] + raw, Array(raw.dropLast()), Array(raw[32...]) + Array(raw[..<32]),
            [0] + Array(raw[..<32]) + [0] + Array(raw[32...]),
            [UInt8](repeating: 0xFF, count: 64),
        ]
        for signature in wrong {
            XCTAssertEqual(Token.refusal(of: message + "." + Base64URL.encode(signature), keys), .badSignature)
        }
    }

    func testNoFlippedBitOfASignedTokenSurvives() throws {
        let token = Array(Token.hs256().utf8)
        let keys = try secretKeys()
        for index in token.indices {
            for bit in 0..<7 {
                var changed = token
                changed[index] ^= 1 << bit
                let text = String(decoding: changed, as: UTF8.self)
                XCTAssertNotNil(Token.refusal(of: text, keys), text)
            }
        }
    }

    func testManyThreadsVerifyWithOneKey() throws {
        let (rsa, ec) = (try SigningKey.rsa(), try SigningKey.ec())
        let keys = try JWTKeySet.pem(rsa.publicPEM, algorithm: .rs256).merging(.pem(ec.publicPEM, algorithm: .es256))
        let tokens = [
            try Token.signed(header: #"{"alg":"RS256"}"#, rsa, .rs256),
            try Token.signed(header: #"{"alg":"ES256"}"#, ec, .es256),
        ]
        let results = onThreads(8) {
            (0..<50).allSatisfy { _ in tokens.allSatisfy { Token.refusal(of: $0, keys) == nil } }
        }
        XCTAssertEqual(results, Array(repeating: true, count: 8))
    }

    func testEveryRefusalHasASentence() {
        let errors: [JWTError] = [
            .tooLong(limit: 1), .notThreeParts, .badEncoding(part: "header"), .badHeader("x"), .unsecured,
            .unknownAlgorithm("x"), .forbiddenHeader("x"), .wrongType, .unknownKey, .noKeyForAlgorithm,
            .algorithmDoesNotFitKey, .badSignature, .badClaims("x"), .missingExpiry, .badTime(claim: "nbf"), .expired,
            .notYetValid, .issuedInTheFuture, .wrongIssuer, .wrongAudience, .badSubject,
        ]
        XCTAssertEqual(Set(errors.map(\.reason)).count, errors.count)
        for error in errors {
            XCTAssertTrue(error.reason.hasPrefix("The ") || error.reason.hasPrefix("No "), error.reason)
        }
    }
}
