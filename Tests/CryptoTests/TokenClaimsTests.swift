import JSON
import XCTest

@testable import Crypto

final class TokenClaimsTests: XCTestCase {
    private func refusal(_ claims: String, _ settings: JWTSettings = JWTSettings()) throws -> JWTError? {
        Token.refusal(of: Token.hs256(claims), try .secret(Token.secret, algorithm: .hs256), settings)
    }

    private func claims(_ members: String) -> String { #"{"sub":"user-1",\#(members)}"# }

    func testTheClaimsOfAGoodTokenAreReturned() throws {
        let keys = try JWTKeySet.secret(Token.secret, algorithm: .hs256)
        let settings = JWTSettings(issuer: "https://issuer.example", audience: "providerd")
        let claims = try JWTVerifier(keys: keys, settings: settings).verify(Token.hs256(), now: Token.now)
        XCTAssertEqual(claims.subject, "user-1")
        XCTAssertEqual(claims.expiresAt, Token.now + 3_600)
        XCTAssertEqual(claims.claims["aud"], .string("providerd"))
    }

    func testATokenEndsWithItsExpiryAndTheLeeway() throws {
        for (expiry, expected) in [(1, nil), (0, nil), (-29, nil), (-30, JWTError.expired), (-3_600, .expired)] {
            XCTAssertEqual(try refusal(claims(#""exp":\#(Token.now + Int64(expiry))"#)), expected, "\(expiry)")
        }
        XCTAssertEqual(try refusal(claims(#""exp":\#(Token.now)"#), JWTSettings(leewaySeconds: 0)), .expired)
        XCTAssertNil(try refusal(claims(#""exp":\#(Token.now + 1)"#), JWTSettings(leewaySeconds: 0)))
    }

    func testTheLeewayIsBoundedByAMinute() throws {
        XCTAssertEqual(JWTSettings(leewaySeconds: 3_600).leewaySeconds, 60)
        XCTAssertEqual(JWTSettings(leewaySeconds: -1).leewaySeconds, 0)
        let settings = JWTSettings(leewaySeconds: .max)
        XCTAssertNil(try refusal(claims(#""exp":\#(Token.now - 59)"#), settings))
        XCTAssertEqual(try refusal(claims(#""exp":\#(Token.now - 60)"#), settings), .expired)
    }

    func testAnExpiryIsRequired() throws { XCTAssertEqual(try refusal(#"{"sub":"a"}"#), .missingExpiry) }

    func testATokenFromTheFutureIsRefused() throws {
        let expiry = #""exp":1900000000"#
        XCTAssertNil(try refusal(claims(#"\#(expiry),"nbf":\#(Token.now + 30),"iat":\#(Token.now + 30)"#)))
        XCTAssertEqual(try refusal(claims(#"\#(expiry),"nbf":\#(Token.now + 31)"#)), .notYetValid)
        XCTAssertEqual(try refusal(claims(#"\#(expiry),"iat":\#(Token.now + 31)"#)), .issuedInTheFuture)
    }

    func testTimesThatAreNoTimesAreRefusedWithoutATrap() throws {
        let wrong = [
            "-1", "-0", "-1e99", "1e99", "1e309", "9223372036854775808", "99999999999999999999", "253402300800", "1e12",
            "1e9223372036854775807", "1e-9223372036854775808", "1E+100", #""1900000000""#, "null", "true",
            "[1900000000]", "{}",
            #""""#, "1.8e400", #""NaN""#,
        ]
        for text in wrong {
            XCTAssertEqual(try refusal(claims(#""exp":\#(text)"#)), .badTime(claim: "exp"), text)
            for name in ["nbf", "iat"] {
                XCTAssertEqual(
                    try refusal(claims(#""exp":1900000000,"\#(name)":\#(text)"#)), .badTime(claim: name), text)
            }
        }
        guard case .badClaims? = try refusal(claims(#""exp":NaN"#)) else { return XCTFail("NaN is no JSON") }
    }

    func testTimesAreReadExactlyWhateverTheirSpelling() throws {
        let spellings: [(String, Int64?)] = [
            ("0", 0), ("1800000000", 1_800_000_000), ("1800000000.0", 1_800_000_000), ("1800000000.999", 1_800_000_000),
            ("1.8e9", 1_800_000_000), ("18E8", 1_800_000_000), ("1.8000000019e+9", 1_800_000_001),
            ("18000000005e-1", 1_800_000_000),
            ("0.5", 0), ("5e-1", 0), ("1e-99", 0), ("0e99", 0), ("253402300799", 253_402_300_799),
            ("253402300800", nil),
            ("0.0000000018e18", 1_800_000_000), ("-5", nil), ("1e100", nil), ("0e100", nil),
        ]
        for (text, seconds) in spellings {
            XCTAssertEqual(NumericDate.seconds(try JSONParser.parse(text)), seconds, text)
        }
    }

    func testAnyClockReadingIsSurvived() throws {
        let keys = try JWTKeySet.secret(Token.secret, algorithm: .hs256)
        let verifier = JWTVerifier(keys: keys, settings: JWTSettings())
        XCTAssertThrowsError(try verifier.verify(Token.hs256(), now: .max)) {
            XCTAssertEqual($0 as? JWTError, .expired)
        }
        XCTAssertNotNil(try? verifier.verify(Token.hs256(), now: .min))
    }

    func testTheIssuerIsExact() throws {
        let settings = JWTSettings(issuer: "https://issuer.example")
        for issuer in [
            #""https://issuer.example/""#, #""https://ISSUER.example""#, #"["https://issuer.example"]"#, "null", #""""#,
        ] {
            XCTAssertEqual(try refusal(claims(#""exp":1900000000,"iss":\#(issuer)"#), settings), .wrongIssuer, issuer)
        }
        XCTAssertEqual(try refusal(claims(#""exp":1900000000"#), settings), .wrongIssuer)
        XCTAssertNil(try refusal(claims(#""exp":1900000000,"iss":"https://issuer.example""#), settings))
    }

    func testTextsThatOnlyLookEqualAreNotEqual() throws {
        let composed = JWTSettings(issuer: "caf\u{e9}", audience: "caf\u{e9}")
        let decomposed = "cafe\u{301}"
        XCTAssertEqual(try refusal(claims(#""exp":1900000000,"iss":"\#(decomposed)""#), composed), .wrongIssuer)
        let audience = JWTSettings(audience: "caf\u{e9}")
        XCTAssertEqual(try refusal(claims(#""exp":1900000000,"aud":"\#(decomposed)""#), audience), .wrongAudience)
    }

    func testTheAudienceIsOrContainsOurs() throws {
        let settings = JWTSettings(audience: "providerd")
        for audience in [#""providerd""#, #"["providerd"]"#, #"["other","providerd"]"#] {
            XCTAssertNil(try refusal(claims(#""exp":1900000000,"aud":\#(audience)"#), settings), audience)
        }
        for audience in [
            #""other""#, #""providerd ""#, "[]", #"["other"]"#, #"["providerd",1]"#, "null", #"{"providerd":1}"#,
        ] {
            XCTAssertEqual(
                try refusal(claims(#""exp":1900000000,"aud":\#(audience)"#), settings), .wrongAudience, audience)
        }
        XCTAssertEqual(try refusal(claims(#""exp":1900000000"#), settings), .wrongAudience)
    }

    func testTheSubjectIsABoundedTextWithoutControlCharacters() throws {
        let long = String(repeating: "\u{e9}", count: 128)
        for subject in [
            #""""#, "null", "1", #"["a"]"#, #""a\n""#, #""\u0001""#, #""a\u007f""#, #""a\u0085""#, "\"\(long)\"",
        ] {
            XCTAssertEqual(try refusal(#"{"exp":1900000000,"sub":\#(subject)}"#), .badSubject, subject)
        }
        XCTAssertEqual(try refusal(#"{"exp":1900000000}"#), .badSubject)
        for subject in ["auth0|507f", "J\u{fc}rgen \u{1F600}", String(repeating: "s", count: 255)] {
            XCTAssertNil(try refusal(#"{"exp":1900000000,"sub":"\#(subject)"}"#))
        }
    }

    func testClaimsMustBeAStrictJSONObject() throws {
        for text in [
            "", "[]", "null", #""a""#, #"{"sub":"a","sub":"b","exp":1900000000}"#, #"{"sub":"a"}{}"#, "{'sub':1}",
        ] {
            guard case .badClaims? = try refusal(text) else {
                XCTFail("\(text) was not refused as claims")
                continue
            }
        }
    }

    func testTheSignerMakesTokensThatVerify() throws {
        for (algorithm, count) in [(JWTAlgorithm.hs256, 32), (.hs384, 48), (.hs512, 64)] {
            let secret = try randomBytes(count)
            let token = try JWTSigner.sign(
                claims: Array(Token.claims.utf8), secret: secret, algorithm: algorithm, keyID: "local")
            XCTAssertNil(Token.refusal(of: token, try .secret(secret, algorithm: algorithm, keyID: "local")))
            XCTAssertEqual(
                Token.refusal(of: token, try .secret(secret, algorithm: algorithm, keyID: "other")), .unknownKey)
            XCTAssertThrowsError(try JWTKeySet.secret(Array(secret.dropLast()), algorithm: algorithm))
            XCTAssertThrowsError(
                try JWTSigner.sign(claims: Array("{}".utf8), secret: Array(secret.dropLast()), algorithm: algorithm))
        }
        XCTAssertThrowsError(try JWTSigner.sign(claims: Array("[]".utf8), secret: Token.secret, algorithm: .hs256))
        XCTAssertThrowsError(try JWTSigner.sign(claims: Array("{}".utf8), secret: Token.secret, algorithm: .rs256))
    }
}
