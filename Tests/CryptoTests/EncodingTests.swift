import XCTest

@testable import Crypto

final class EncodingTests: XCTestCase {
    /// RFC 4648 section 10.
    private let examples = [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]

    func testTheExamplesOfTheRFCEncodeAndDecode() {
        for (plain, encoded) in examples {
            XCTAssertEqual(Base64.encode(Array(plain.utf8)), encoded)
            XCTAssertEqual(Base64.decode(encoded), Array(plain.utf8))
            let unpadded = encoded.replacing("=", with: "")
            XCTAssertEqual(Base64URL.encode(Array(plain.utf8)), unpadded)
            XCTAssertEqual(Base64URL.decode(unpadded), Array(plain.utf8))
        }
    }

    func testTheAlphabetsDifferInTheirLastTwoLetters() {
        XCTAssertEqual(Base64.encode([0xFB, 0xFF, 0xBF]), "+/+/")
        XCTAssertEqual(Base64URL.encode([0xFB, 0xFF, 0xBF]), "-_-_")
        XCTAssertNil(Base64.decode("-_-_"))
        XCTAssertNil(Base64URL.decode("+/+/"))
    }

    func testEveryLengthComesBackUnchanged() throws {
        for count in 0...130 {
            let bytes = try randomBytes(count)
            XCTAssertEqual(Base64.decode(Base64.encode(bytes)), bytes)
            XCTAssertEqual(Base64URL.decode(Base64URL.encode(bytes)), bytes)
        }
    }

    func testOnlyTheCanonicalSpellingDecodes() {
        let refused = [
            "Zg", "Zg=", "Zg===", "=", "====", "Z===", "Zg==Zg==", "Zm9v\n", " Zm9v", "Zm 9v", "Zm9v=", "Zm9", "Zh==",
            "Zm9=", "Zm8=\n", "Zm\u{0}v", "Zm9\u{e9}", "Z=g=", "Zm9v====",
        ]
        for text in refused { XCTAssertNil(Base64.decode(text), text) }
        for text in ["Z", "Zg==", "Zh", "Zm9", "Zm9vY", "Zm9v\n", "Zm.v", "Zm9v=", "Zm\u{0}v", "\u{ff21}AAA"] {
            XCTAssertNil(Base64URL.decode(text), text)
        }
    }

    func testExactlyOneOfTheFinalLettersOfAnOctetIsCanonical() {
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        XCTAssertEqual(alphabet.filter { Base64URL.decode("A\($0)") != nil }, "AQgw")
        XCTAssertEqual(alphabet.filter { Base64URL.decode("AA\($0)") != nil }, "AEIMQUYcgkosw048")
    }

    func testDERIntegersAreShortestAndPositive() {
        XCTAssertEqual(DER.integer([0, 0, 1]), [2, 1, 1])
        XCTAssertEqual(DER.integer([0x80]), [2, 2, 0, 0x80])
        XCTAssertEqual(DER.integer([0, 0]), [2, 1, 0])
        XCTAssertEqual(DER.integer([UInt8](repeating: 1, count: 200)).prefix(3), [2, 0x81, 200])
        XCTAssertEqual(DER.integer([UInt8](repeating: 1, count: 300)).prefix(4), [2, 0x82, 1, 44])
    }
}
