import Foundation
import JSON
import XCTest

@testable import Crypto

final class FernetTests: XCTestCase {
    private let (secret, token) = (FernetVectors.secret, FernetVectors.token)

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

    func testTheEmbeddedCasesOfTheSpecification() throws {
        let key = try FernetKey(FernetVectors.secret)
        let plaintext = Array(FernetVectors.plaintext.utf8)
        XCTAssertEqual(
            try key.encrypt(plaintext, now: FernetVectors.madeAt, iv: (0..<16).map { $0 }), FernetVectors.token)
        let opened = try key.decrypt(
            FernetVectors.token, timeToLive: FernetVectors.timeToLive, now: FernetVectors.madeAt + 1)
        XCTAssertEqual(opened, plaintext)
        XCTAssertEqual(FernetVectors.invalid.count, 8)
        for (flaw, token, after, isToken) in FernetVectors.invalid {
            XCTAssertThrowsError(
                try key.decrypt(token, timeToLive: FernetVectors.timeToLive, now: FernetVectors.madeAt + after), flaw
            ) { error in
                guard let error = error as? CryptoError else { return XCTFail(flaw) }
                if case .malformed = error {
                    XCTAssertFalse(isToken, flaw)
                } else {
                    XCTAssertEqual(error, .doesNotOpen, flaw)
                }
                XCTAssertEqual(error == .doesNotOpen, isToken, flaw)
            }
        }
    }

    func testATokenLivesToItsLastSecondAndAClockMayGoWrongForAMinute() throws {
        let key = try FernetKey(secret)
        let made: UInt64 = 1_000_000
        let token = try key.encrypt(Array("x".utf8), now: made)
        for (now, lives) in [
            (made, true), (made + 60, true), (made + 61, false), (made - 60, true), (made - 61, false), (0, false),
            (UInt64.max, false),
        ] {
            if lives {
                XCTAssertNoThrow(try key.decrypt(token, timeToLive: 60, now: now), "\(now)")
            } else {
                XCTAssertThrowsError(try key.decrypt(token, timeToLive: 60, now: now), "\(now)") {
                    XCTAssertEqual($0 as? CryptoError, .doesNotOpen)
                }
            }
            XCTAssertNoThrow(try key.decrypt(token, now: now), "without a time to live no clock is asked")
        }
        let farthest = try key.encrypt([], now: .max)
        XCTAssertThrowsError(try key.decrypt(farthest, timeToLive: .max, now: 0))
        XCTAssertEqual(try key.decrypt(farthest, timeToLive: 0, now: .max), [])
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
