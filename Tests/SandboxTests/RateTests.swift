import XCTest

@testable import Sandbox

final class RateTests: XCTestCase {
    func testRatesAreReadExactly() {
        XCTAssertEqual(Rate("0.05")?.cost(ofUnits: 3), "0.15")
        XCTAssertEqual(Rate("2")?.cost(ofUnits: 1), "2")
        XCTAssertEqual(Rate("0.0000000001")?.cost(ofUnits: 1), "0.0000000001")
        XCTAssertEqual(Rate("0")?.cost(ofUnits: 7), "0")
    }

    func testWhatIsNoRateIsRefused() {
        for text in ["", ".5", "-1", "1e3", "0.00000000001", "1,5", "99999999999999999999"] {
            XCTAssertNil(Rate(text), text)
        }
    }

    func testWhatCannotBeCountedIsNoCost() {
        XCTAssertNil(Rate("900000000")?.cost(ofUnits: .max))
    }

    func testTokensCostAMillionthOfTheirRate() throws {
        let (input, output) = (try XCTUnwrap(Rate("0.15")), try XCTUnwrap(Rate("0.6")))
        XCTAssertEqual(Rate.cost(prompt: 1, at: input, completion: 1, at: output), "0.00000075")
        XCTAssertEqual(Rate.cost(prompt: 1_000_000, at: input, completion: 0, at: output), "0.15")
    }
}
