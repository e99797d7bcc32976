import Domain
import XCTest

final class ISODateTests: XCTestCase {
    func testADayIsADayAndAMomentIsAsLongAsItWasWritten() {
        XCTAssertEqual(ISODate("2025-11-26"), .day(year: 2025, month: 11, day: 26))
        XCTAssertEqual(ISODate("1970-01-01T00:00:01Z"), .moment(Timestamp(seconds: 1), length: 1_000_000))
        XCTAssertEqual(ISODate("1970-01-01T00:01Z"), .moment(Timestamp(seconds: 60), length: 60_000_000))
        XCTAssertEqual(
            ISODate("1970-01-01t02:00:00.25+02:00"), .moment(Timestamp(microseconds: 250_000), length: 10_000))
    }

    func testWhatNoCalendarHasIsRefused() {
        for text in [
            "", "2025", "2025-13-01", "2025-02-29", "2025-11-26T24:00:00Z", "2025-11-26T17:00:00", "1969-12-31",
            "10000-01-01",
            "2025-11-26T17:00:00.Z", "2025-11-26T17:00:00+19:00", "2025-11-26 ", "26.11.2025",
        ] {
            XCTAssertNil(ISODate(text), text)
        }
    }

    func testAMomentThatIsLaterThanTheCalendarIsItsEnd() {
        XCTAssertEqual(ISODate("9999-12-31T23:59:59-18:00"), .moment(.endOfCalendar, length: 1_000_000))
        XCTAssertEqual(Timestamp.endOfCalendar.iso(.microseconds), "9999-12-31T23:59:59.999999Z")
    }
}
