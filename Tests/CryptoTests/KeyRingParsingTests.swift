import XCTest

@testable import Crypto

final class KeyRingParsingTests: XCTestCase {
    private let key = Base64.encode([UInt8](repeating: 3, count: 32))
    private let other = Base64.encode([UInt8](repeating: 4, count: 32))

    func testCommentsEmptyLinesTabsAndCarriageReturnsAreRead() throws {
        let ring = try KeyRing(parsing: "# made 2026\r\n\r\n  2026-01\t\(key)  \r\n\t# old\n2025.a_b \(other)")
        XCTAssertEqual(ring.keyIDs, ["2026-01", "2025.a_b"])
    }

    func testEveryMistakeIsRefusedWithItsLine() {
        let cases: [(String, String)] = [
            ("", "the key ring has no key"),
            ("# only a comment\n", "the key ring has no key"),
            ("k1", "line 1 of the key ring is not a key ID and a key"),
            ("\nk1 \(key) extra", "line 2 of the key ring is not a key ID and a key"),
            ("k1 \(key)\nk1 \(other)", "line 2 of the key ring repeats the key ID k1"),
            ("k1 \(key)\nk2 \(key)", "line 2 of the key ring repeats a key under another ID"),
            ("k1 \(key.dropLast())", "line 1 of the key ring has a key that is not base64"),
            ("k1 \(key.dropLast(2))B=", "line 1 of the key ring has a key that is not base64"),
            ("k1 AAAA", "line 1 of the key ring has a key of 3 octets instead of 32"),
            (
                "k1 \(Base64.encode([UInt8](repeating: 0, count: 33)))",
                "line 1 of the key ring has a key of 33 octets instead of 32"
            ),
            ("k/1 \(key)", "line 1 of the key ring has a key ID that is not 1 to 64 letters, digits, '.', '_' or '-'"),
            (
                "\(String(repeating: "k", count: 65)) \(key)",
                "line 1 of the key ring has a key ID that is not 1 to 64 letters, digits, '.', '_' or '-'"
            ),
            (
                "k\u{e9} \(key)",
                "line 1 of the key ring has a key ID that is not 1 to 64 letters, digits, '.', '_' or '-'"
            ),
        ]
        for (text, message) in cases {
            assertThrows(.malformed(message)) { _ = try KeyRing(parsing: text) }
        }
    }

    func testNoMessageShowsTheLine() {
        let canary = "CANARYcanaryCANARY"
        for text in [canary, "k1 \(canary)", "\(canary)! \(key)", "k1 \(key) \(canary)", "\(canary) k1 \(key)"] {
            XCTAssertThrowsError(try KeyRing(parsing: text)) {
                XCTAssertFalse("\($0)".contains(canary), "\($0)")
                XCTAssertFalse("\($0)".contains(key), "\($0)")
            }
        }
    }
}
