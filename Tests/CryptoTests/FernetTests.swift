import Foundation
import JSON
import XCTest

@testable import Crypto

final class FernetTests: XCTestCase {
    private let secret = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="
    private let token =
        "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA=="

    /// The cases of one file of the specification, when they are there.
    private func cases(_ name: String) throws -> [JSONValue] {
        guard let folder = VectorFile.folder else { return [] }
        let text = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/fernet/\(name).json")))
        return try XCTUnwrap(try JSONParser.parse(text).array)
    }

    private func seconds(_ value: JSONValue?) throws -> UInt64 {
        let date = try XCTUnwrap(ISO8601DateFormatter().date(from: try XCTUnwrap(value?.string)))
        return UInt64(date.timeIntervalSince1970)
    }

    func testTokensOfTheSpecificationAreMadeReadAndRefused() throws {
        let (generate, verify, invalid) = (try cases("generate"), try cases("verify"), try cases("invalid"))
        for test in generate {
            let key = try FernetKey(try XCTUnwrap(test["secret"]?.string))
            let iv = try XCTUnwrap(test["iv"]?.array).map { UInt8(try XCTUnwrap($0.int)) }
            let made = try key.encrypt(
                Array(try XCTUnwrap(test["src"]?.string).utf8), now: try seconds(test["now"]), iv: iv)
            XCTAssertEqual(made, test["token"]?.string)
        }
        for test in verify {
            let opened = try open(test)
            XCTAssertEqual(String(decoding: opened, as: UTF8.self), test["src"]?.string)
        }
        for test in invalid {
            XCTAssertThrowsError(try open(test), test["desc"]?.string ?? "")
        }
        print("fernet: \(generate.count) made, \(verify.count) read, \(invalid.count) refused")
        if VectorFile.folder != nil { XCTAssertEqual([generate.count, verify.count, invalid.count], [1, 1, 8]) }
    }

    private func open(_ test: JSONValue) throws -> [UInt8] {
        let key = try FernetKey(try XCTUnwrap(test["secret"]?.string))
        let age = UInt64(try XCTUnwrap(test["ttl_sec"]?.int))
        return try key.decrypt(
            try XCTUnwrap(test["token"]?.string), timeToLive: age, now: try seconds(test["now"]))
    }

    func testAPublishedTokenIsReadWithoutATimeToLive() throws {
        let key = try FernetKey(secret)
        XCTAssertEqual(try key.decrypt(token), Array("hello".utf8))
        XCTAssertEqual(
            try key.encrypt(Array("hello".utf8), now: 499_162_800, iv: (0..<16).map { $0 }), token)
    }

    func testEveryLengthComesBack() throws {
        let key = try FernetKey(secret)
        for count in 0...40 {
            let plaintext = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            XCTAssertEqual(try key.decrypt(try key.encrypt(plaintext, now: 1)), plaintext)
        }
    }

    func testATokenThatWasChangedAnywhereIsRefused() throws {
        let key = try FernetKey(secret)
        let octets = try XCTUnwrap(Base64URL.decode(String(token.dropLast(2))))
        for index in octets.indices {
            var changed = octets
            changed[index] ^= 1
            XCTAssertThrowsError(try key.decrypt(Base64URL.encode(changed) + "=="), "octet \(index)")
        }
    }

    func testAnotherKeyAndOtherSpellingsAreRefused() throws {
        let other = try FernetKey(Base64URL.encode([UInt8](repeating: 9, count: 32)) + "=")
        XCTAssertThrowsError(try other.decrypt(token)) { XCTAssertEqual($0 as? CryptoError, .doesNotOpen) }
        let key = try FernetKey(secret)
        for text in ["", "====", String(token.dropLast()), String(token.dropLast(2)), token + "=", " " + token] {
            XCTAssertThrowsError(try key.decrypt(text), text)
        }
        for text in [
            "", "abc", secret + "=", String(secret.dropLast()), Base64URL.encode([UInt8](repeating: 1, count: 31)),
        ] {
            XCTAssertThrowsError(try FernetKey(text), text)
        }
        XCTAssertEqual("\(key)", "***masked***")
    }
}
