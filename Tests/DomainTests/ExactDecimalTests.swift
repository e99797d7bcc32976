import Domain
import XCTest

final class ExactDecimalTests: XCTestCase {
    func testANumberIsKeptDigitByDigit() {
        for (text, canonical) in [
            ("0", "0"), ("-0", "0"), ("-0.000", "0"), ("007.50", "7.5"), ("0.0000000001", "0.0000000001"),
            ("-999999999999999.9999999999", "-999999999999999.9999999999"), ("1.0000000000000000", "1"),
        ] {
            XCTAssertEqual(ExactDecimal(text)?.text, canonical, text)
            XCTAssertEqual(ExactDecimal.json(text)?.text, canonical, text)
        }
    }

    func testWhatIsNoDecimalOrTooLongIsRefused() {
        let long = String(repeating: "9", count: 400)
        for text in [
            "", "-", ".", "1.", ".5", "+1", "1,5", "1_000", "NaN", "Infinity", "0x10", " 1", "1 ", "1.2.3", "--1", "١",
            "1000000000000000", "0.00000000001", long, "-" + long, "0." + long,
        ] {
            XCTAssertNil(ExactDecimal(text), text)
            XCTAssertNil(ExactDecimal.json(text), text)
        }
    }

    /// JavaScript writes 0.0000001 as `1e-7`, Python as `1e-07`, both 1e21 and more with an exponent.
    func testAnExponentOfJSONIsTheSameNumber() {
        for (text, plain) in [
            ("1e-7", "0.0000001"), ("1e-07", "0.0000001"), ("1E-10", "0.0000000001"), ("-2.5e-3", "-0.0025"),
            ("12.50e1", "125"), ("1e2", "100"), ("1e+2", "100"), ("1.5E0", "1.5"), ("123456e-10", "0.0000123456"),
            ("0.00000000000000000001e20", "1"), ("100000000000000000000e-20", "1"), ("9e14", "900000000000000"),
            ("0e5", "0"), ("-0e-5", "0"), ("0.001e3", "1"), ("1.0e-10", "0.0000000001"),
        ] {
            XCTAssertEqual(ExactDecimal.json(text)?.text, plain, text)
            XCTAssertNil(ExactDecimal(text), "no exponent outside JSON: \(text)")
        }
        for text in [
            "1e-11", "1.5e-10", "1e15", "1e30", "1e400", "-1e400", "1e-400", "1e99999999999999999999", "1e", "1e+",
            "e5", "1e5.5", "1e5e5", "1.2.3e1", "-e1", "1e--1",
        ] {
            XCTAssertNil(ExactDecimal.json(text), text)
        }
    }

    /// Whatever way a decimal of 25 digits is written with an exponent, it is that decimal.
    func testAnyPlaceOfThePointGivesTheSameNumber() {
        for _ in 0..<2_000 {
            let whole = String(Int.random(in: 0..<1_000_000_000_000_000))
            let fraction = (0..<10).map { _ in String(Int.random(in: 0...9)) }.joined()
            let plain = ExactDecimal("\(whole).\(fraction)")?.text
            let digits = Array(whole + fraction)
            let place = Int.random(in: 1..<digits.count)
            let text = "\(String(digits[..<place])).\(String(digits[place...]))e\(whole.count - place)"
            XCTAssertNotNil(plain)
            XCTAssertEqual(ExactDecimal.json(text)?.text, plain, text)
        }
    }

    func testRangesIncludeTheirBounds() {
        for (text, isInside) in [
            ("0", true), ("-0.0000000001", false), ("2", true), ("2.0000000001", false), ("1.9999999999", true),
        ] {
            XCTAssertEqual(ExactDecimal(text)?.isWithin(0...2), isInside, text)
        }
    }
}
