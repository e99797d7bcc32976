import Domain
import XCTest

final class IDTests: XCTestCase {
    private enum Thing {}

    func testANewIDIsAVersion7UUIDOfItsMoment() {
        for _ in 0..<200 {
            // 2024-01-01T00:00:00.123Z is 0x018CC251F47B milliseconds.
            let text = ID<Thing>.make(at: Timestamp(microseconds: 1_704_067_200_123_999)).text
            XCTAssertTrue(text.hasPrefix("018cc251-f47b-7"), text)
            XCTAssertEqual(text.utf8.count, 36)
            XCTAssertTrue("89ab".contains(text[text.index(text.startIndex, offsetBy: 19)]), text)
            XCTAssertEqual(ID<Thing>(text)?.text, text)
        }
    }

    func testIDsSortByTheirTime() {
        let moments = [0, 1, 999, 1_000, 65_535, 65_536, 1_704_067_200_000, 1_704_067_200_001, 281_474_976_710_655]
        let texts = moments.map { ID<Thing>.make(at: Timestamp(microseconds: Int64($0) * 1_000)).text }
        XCTAssertEqual(texts, texts.sorted())
        XCTAssertTrue(ID<Thing>.make(at: Timestamp(microseconds: -1)).text.hasPrefix("00000000-0000-7"))
    }

    func testIDsOfOneMomentDiffer() {
        let now = Timestamp.now()
        XCTAssertEqual(Set((0..<10_000).map { _ in ID<Thing>.make(at: now) }).count, 10_000)
    }

    func testUpperCaseIsReadAsLowerCase() {
        XCTAssertEqual(
            ID<Thing>("018CC251-F47B-7ABC-8DEF-0123456789AB")?.text, "018cc251-f47b-7abc-8def-0123456789ab")
        XCTAssertEqual(
            ID<Thing>("018CC251-F47B-7ABC-8DEF-0123456789AB"), ID<Thing>("018cc251-f47b-7abc-8def-0123456789ab"))
        XCTAssertEqual("\(ID<Thing>("00000000-0000-0000-0000-000000000000")?.description ?? "")".utf8.count, 36)
    }

    func testAnythingElseIsNoID() {
        for text in [
            "", "018cc251f47b7abc8def0123456789ab", "018cc251-f47b-7abc-8def-0123456789a",
            "018cc251-f47b-7abc-8def-0123456789abc", "{18cc251-f47b-7abc-8def-0123456789ab",
            "018cc251-f47b-7abc-8def-0123456789ag", "018cc251_f47b_7abc_8def_0123456789ab",
            " 18cc251-f47b-7abc-8def-0123456789ab", "018cc251-f47b-7abc-8def-0123456789a\n",
            "018cc25-1f47b-7abc-8def-0123456789ab", "018cc251-f47b-7abc-8def-01234567-9ab",
            "０18cc251-f47b-7abc-8def-0123456789", "018cc251-f47b-7abc-8def-0123456789a\0",
            "018cc251-f47b-7abc-8def-0123456789a@", "018cc251-f47b-7abc-8def-0123456789a`",
        ] { XCTAssertNil(ID<Thing>(text), text) }
    }
}
