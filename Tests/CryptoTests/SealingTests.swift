import XCTest

@testable import Crypto

final class SealingTests: XCTestCase {
    private static let first = "k1 " + Base64.encode([UInt8](repeating: 1, count: 32))
    private static let second = "k2 " + Base64.encode([UInt8](repeating: 2, count: 32))
    private let secret = Array("sk-live-0123456789".utf8)

    private func ring(_ lines: String...) throws -> KeyRing { try KeyRing(parsing: lines.joined(separator: "\n")) }

    func testWhatIsSealedOpensAgain() throws {
        let ring = try ring(Self.first)
        for plaintext in [[], [0], secret, [UInt8](repeating: 7, count: 100_000)] {
            let sealed = try ring.seal(plaintext, context: "credentials/1")
            XCTAssertEqual(sealed.keyID, "k1")
            XCTAssertEqual(sealed.bytes.count, 1 + 12 + plaintext.count + 16)
            XCTAssertEqual(sealed.bytes.first, 1)
            XCTAssertEqual(try ring.open(sealed, context: "credentials/1"), plaintext)
        }
    }

    func testTheFormatIsTheDocumentedOne() throws {
        let sealed = try ring(Self.first).seal(secret, context: "row")
        let key = KeyMaterial([UInt8](repeating: 1, count: 32))
        let opened = try AESGCM.open(
            sealed.bytes[13...], key: key, nonce: Array(sealed.bytes[1..<13]), associated: [1] + Array("row".utf8))
        XCTAssertEqual(opened, secret)
    }

    func testNoNonceIsUsedTwice() throws {
        let ring = try ring(Self.first)
        let nonces = try (0..<2_000).map { _ in try ring.seal(secret, context: "row").bytes[1..<13] }
        XCTAssertEqual(Set(nonces).count, 2_000)
    }

    func testASealedValueMovedToAnotherRowDoesNotOpen() throws {
        let ring = try ring(Self.first)
        let sealed = try ring.seal(secret, context: "credentials/1/api_key")
        for context in ["credentials/2/api_key", "credentials/1/api_secret", "credentials/1/api_key ", ""] {
            assertThrows(.doesNotOpen) { _ = try ring.open(sealed, context: context) }
        }
    }

    func testAContextIsComparedByItsOctets() throws {
        let ring = try ring(Self.first)
        let sealed = try ring.seal(secret, context: "caf\u{e9}")
        assertThrows(.doesNotOpen) { _ = try ring.open(sealed, context: "cafe\u{301}") }
    }

    func testAnotherKeyUnderTheSameIDDoesNotOpen() throws {
        let sealed = try ring(Self.first).seal(secret, context: "row")
        let impostor = try ring("k1 " + Base64.encode([UInt8](repeating: 9, count: 32)))
        assertThrows(.doesNotOpen) { _ = try impostor.open(sealed, context: "row") }
    }

    func testAnUnknownKeyIsNamed() throws {
        let sealed = try ring(Self.first).seal(secret, context: "row")
        let other = try ring(Self.second)
        assertThrows(.unknownKey("k1")) { _ = try other.open(sealed, context: "row") }
        assertThrows(.unknownKey("k1")) { _ = try other.derived("audit", keyID: "k1") }
    }

    func testEveryFlippedBitIsNoticed() throws {
        let ring = try ring(Self.first)
        let sealed = try ring.seal(secret, context: "row")
        for index in sealed.bytes.indices {
            for bit in 0..<8 {
                var bytes = sealed.bytes
                bytes[index] ^= 1 << bit
                let expected: CryptoError =
                    index == 0 ? .malformed("the sealed octets have an unknown format") : .doesNotOpen
                assertThrows(expected) { _ = try ring.open(SealedBytes(keyID: "k1", bytes: bytes), context: "row") }
            }
        }
    }

    func testTruncatedAndExtendedOctetsAreRefused() throws {
        let ring = try ring(Self.first)
        let sealed = try ring.seal(secret, context: "row")
        for count in 0..<sealed.bytes.count {
            let cut = SealedBytes(keyID: "k1", bytes: Array(sealed.bytes.prefix(count)))
            let expected: CryptoError = count < 29 ? .malformed("the sealed octets are too short") : .doesNotOpen
            assertThrows(expected) { _ = try ring.open(cut, context: "row") }
        }
        let longer = SealedBytes(keyID: "k1", bytes: sealed.bytes + [0])
        assertThrows(.doesNotOpen) { _ = try ring.open(longer, context: "row") }
    }

    func testAfterARotationOldValuesOpenAndNewOnesUseTheNewKey() throws {
        let old = try ring(Self.first).seal(secret, context: "row")
        let rotated = try ring(Self.second, Self.first)
        XCTAssertEqual(rotated.sealingKeyID, "k2")
        XCTAssertEqual(rotated.keyIDs, ["k2", "k1"])
        XCTAssertEqual(try rotated.open(old, context: "row"), secret)
        XCTAssertEqual(try rotated.seal(secret, context: "row").keyID, "k2")
    }

    func testDerivedOctetsAreHMACOfTheLabel() throws {
        let ring = try ring(Self.first, Self.second)
        let derived = try ring.derived("audit chain", keyID: "k1")
        XCTAssertEqual(
            derived, Digest.hmacSHA256(key: [UInt8](repeating: 1, count: 32), Array("audit chain".utf8)))
        XCTAssertEqual(derived, try ring.derived("audit chain", keyID: "k1"))
        XCTAssertNotEqual(derived, try ring.derived("audit chain", keyID: "k2"))
        XCTAssertNotEqual(derived, try ring.derived("another", keyID: "k1"))
    }

    func testNoDescriptionShowsAKey() throws {
        let bytes = [UInt8](repeating: 0xA7, count: 32)
        let ring = try ring("visible " + Base64.encode(bytes))
        var dumped = ""
        dump(ring, to: &dumped)
        for text in ["\(ring)", String(reflecting: ring), dumped, "\([ring])", "\(Optional(ring) as Any)"] {
            XCTAssertTrue(text.contains("visible"))
            for form in [Base64.encode(bytes), "a7a7", "A7A7", "167, 167"] { XCTAssertFalse(text.contains(form), text) }
        }
    }

    func testManyThreadsSealAndOpenAtOnce() throws {
        let ring = try ring(Self.first)
        let secret = secret
        let results = onThreads(8) {
            (0..<200).allSatisfy { row in
                (try? ring.open(ring.seal(secret, context: "\(row)"), context: "\(row)")) == secret
            }
        }
        XCTAssertEqual(results, Array(repeating: true, count: 8))
    }
}

/// Asserts the very error, not only that there is one.
func assertThrows(
    _ expected: CryptoError, file: StaticString = #filePath, line: UInt = #line, _ body: () throws -> Void
) {
    XCTAssertThrowsError(try body(), file: file, line: line) {
        XCTAssertEqual($0 as? CryptoError, expected, file: file, line: line)
    }
}
