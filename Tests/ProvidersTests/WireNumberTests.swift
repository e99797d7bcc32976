import Domain
import JSON
import XCTest

@testable import Providers

final class WireNumberTests: XCTestCase {
    func testValuesAreOrderedHoweverTheyAreWritten() {
        let groups = [
            ["-1e999999999999999999"], ["-10", "-1e1"], ["-2"], ["-0.5", "-5e-1"], ["-1e-99999999999999999999"],
            ["0", "-0", "0.000", "0e5"], ["1e-99999999999999999999"], ["0.01", "1e-2", "0.0100"], ["0.99"],
            ["1", "1.0", "10e-1", "0.1E+1"], ["1.0000000000000000000001"], ["9"], ["10", "1e1"],
            ["1e999999999999999999"],
        ]
        for (left, lefts) in groups.enumerated() {
            for (right, rights) in groups.enumerated() {
                for first in lefts {
                    for second in rights {
                        let (a, b) = (WireNumber(grammatical: first), WireNumber(grammatical: second))
                        XCTAssertEqual(a < b, left < right, "\(first) < \(second)")
                        XCTAssertEqual(a == b, left == right, "\(first) == \(second)")
                    }
                }
            }
        }
    }

    func testWholeNumbersAreReadInEverySpelling() {
        for (text, expected) in [
            ("0", 0), ("-0.0", 0), ("12", 12), ("12.0", 12), ("1.2e1", 12), ("1200e-2", 12), ("-7", -7),
            ("9007199254740992", 9_007_199_254_740_992), ("12.5", nil), ("1e-1", nil), ("1e17", nil),
            ("123456789012345678", nil), ("1e999999999999999999999", nil),
        ] as [(String, Int?)] {
            XCTAssertEqual(WireNumber(grammatical: text).integer, expected, text)
        }
    }

    func testValuesAreShiftedExactly() {
        for (text, places, expected) in [
            ("12.345", -2, "0.12345"), ("0.5", 2, "50"), ("-7", -2, "-0.07"), ("1e3", -2, "10"), ("-0.0", 5, "0"),
            ("120", 0, "120"), ("0.30", 0, "0.3"), ("1.5E-3", 0, "0.0015"), ("1e39", 0, "1" + zeros(39)),
            ("1e41", 0, nil), ("1e-99999999999", 0, nil),
        ] as [(String, Int, String?)] {
            XCTAssertEqual(WireNumber(grammatical: text).decimal(shiftedBy: places)?.text, expected, text)
        }
    }

    private func zeros(_ count: Int) -> String { String(repeating: "0", count: count) }

    func testDatesOfHeadersAreReadInTheirThreeForms() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        ] {
            XCTAssertEqual(HTTPDate.parse(text)?.seconds, 784_111_777, text)
        }
        for text in ["Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT", "1994-11-06", "", "a b c d e f"]
        {
            XCTAssertNil(HTTPDate.parse(text), text)
        }
    }

    func testADateIsAWaitFromNow() {
        let now = Timestamp(seconds: 784_111_777)
        let header = "Sun, 06 Nov 1994 08:51:07 GMT"
        XCTAssertEqual(RetryAfter.read(milliseconds: nil, header: header, now: now), 90)
        XCTAssertEqual(RetryAfter.read(milliseconds: "x", header: "1.5", now: now), 2)
        XCTAssertNil(RetryAfter.read(milliseconds: nil, header: "-5", now: now))
        XCTAssertNil(RetryAfter.read(duration: "37"))
    }
}
