import XCTest

@testable import Crypto

final class HashingTests: XCTestCase {
    /// FIPS 180-4 example messages.
    func testSHA256MakesThePublishedDigests() throws {
        let digests = [
            "": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq":
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            String(repeating: "a", count: 1_000_000):
                "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
        ]
        for (message, digest) in digests {
            XCTAssertEqual(Digest.sha256(Array(message.utf8)), try octets(hexadecimal: digest))
        }
    }

    func testAKeyLongerThanABlockIsHashedFirst() {
        for function in [HashFunction.sha256, .sha384, .sha512] {
            let key = [UInt8](repeating: 0xAA, count: function.blockCount + 1)
            let hashed = key.withUnsafeBytes { function.digest($0) }
            XCTAssertEqual(Digest.hmac(function, key, [1, 2]), Digest.hmac(function, hashed, [1, 2]))
        }
    }

    func testOneKeyMakesCodesForManyThreadsAtOnce() throws {
        let key = [UInt8](0..<32)
        let prepared = key.withUnsafeBytes { HMACKey($0, .sha256) }
        let expected = (0..<200).map { Digest.hmacSHA256(key: key, [UInt8($0)]) }
        let codes = onThreads(8) {
            (0..<200).map { message in [UInt8(message)].withUnsafeBytes { prepared.code(of: $0) } }
        }
        XCTAssertEqual(codes, Array(repeating: expected, count: 8))
    }

    func testEqualityIsOfLengthAndEveryOctet() {
        let bytes = [UInt8](0..<64)
        XCTAssertTrue(constantTimeEquals(bytes, bytes))
        XCTAssertTrue(constantTimeEquals([], []))
        XCTAssertFalse(constantTimeEquals(bytes, Array(bytes.dropLast())))
        XCTAssertFalse(constantTimeEquals([], bytes))
        for index in bytes.indices {
            for bit in 0..<8 {
                var other = bytes
                other[index] ^= 1 << bit
                XCTAssertFalse(constantTimeEquals(bytes, other))
            }
        }
    }

    func testRandomOctetsHaveTheirLengthAndDiffer() throws {
        XCTAssertEqual(try randomBytes(0), [])
        XCTAssertEqual(try randomBytes(33).count, 33)
        XCTAssertEqual(Set(try (0..<1_000).map { _ in try randomBytes(12) }).count, 1_000)
        XCTAssertThrowsError(try randomBytes(-1))
        XCTAssertThrowsError(try randomBytes(Int.max))
    }

    func testWipedOctetsAreGone() {
        var bytes: [UInt8] = [1, 2, 3]
        wipe(&bytes)
        XCTAssertEqual(bytes, [])
    }
}
