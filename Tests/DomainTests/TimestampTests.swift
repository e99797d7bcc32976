import Domain
import Foundation
import XCTest

final class TimestampTests: XCTestCase {
    func testMomentsAreWrittenInUTCWithTheirDigits() {
        let moment = Timestamp(microseconds: 1_704_110_400_123_456)
        XCTAssertEqual(moment.iso(.seconds), "2024-01-01T12:00:00Z")
        XCTAssertEqual(moment.iso(.milliseconds), "2024-01-01T12:00:00.123Z")
        XCTAssertEqual(moment.iso(.microseconds), "2024-01-01T12:00:00.123456Z")
        XCTAssertEqual(Timestamp(seconds: 0).iso(.milliseconds), "1970-01-01T00:00:00.000Z")
        XCTAssertEqual(Timestamp(microseconds: 7).iso(.microseconds), "1970-01-01T00:00:00.000007Z")
    }

    func testMomentsBefore1970CountForwardWithinTheirSecond() {
        XCTAssertEqual(Timestamp(microseconds: -1).iso(.microseconds), "1969-12-31T23:59:59.999999Z")
        XCTAssertEqual(Timestamp(microseconds: -1).seconds, -1)
        XCTAssertEqual(Timestamp(microseconds: -1_000_000).iso(.milliseconds), "1969-12-31T23:59:59.000Z")
        XCTAssertEqual(Timestamp(microseconds: -1_000_001).seconds, -2)
        XCTAssertEqual(Timestamp(seconds: -86_400).iso(.seconds), "1969-12-31T00:00:00Z")
        XCTAssertEqual(Timestamp(seconds: -2_208_988_800).iso(.seconds), "1900-01-01T00:00:00Z")
        XCTAssertEqual(Timestamp(seconds: -62_135_596_800).iso(.seconds), "0001-01-01T00:00:00Z")
    }

    func testTheLastMomentsOfYear9999AreWritten() {
        XCTAssertEqual(Timestamp(seconds: 253_402_300_799).iso(.seconds), "9999-12-31T23:59:59Z")
        XCTAssertEqual(
            Timestamp(microseconds: 253_402_300_799_999_999).iso(.microseconds), "9999-12-31T23:59:59.999999Z")
    }

    func testYearsBeyondFourDigitsHaveASignAndSix() {
        XCTAssertEqual(Timestamp(seconds: 253_402_300_800).iso(.seconds), "+010000-01-01T00:00:00Z")
        XCTAssertEqual(Timestamp(seconds: -62_167_219_200).iso(.seconds), "0000-01-01T00:00:00Z")
        XCTAssertEqual(Timestamp(seconds: -62_167_219_201).iso(.seconds), "-000001-12-31T23:59:59Z")
    }

    func testNoMomentStopsTheProgram() {
        // These come from a 64-bit count at its ends: PostgreSQL's infinity arrives as such a number elsewhere.
        XCTAssertEqual(Timestamp(microseconds: .max).iso(.microseconds), "+294247-01-10T04:00:54.775807Z")
        XCTAssertEqual(Timestamp(microseconds: .min).iso(.microseconds), "-290308-12-21T19:59:05.224192Z")
        XCTAssertEqual(Timestamp(seconds: .max), Timestamp(microseconds: .max))
        XCTAssertEqual(Timestamp(seconds: .min), Timestamp(microseconds: .min))
        for seconds in [Int64.min, .min + 1, .max] { XCTAssertLessThan(CivilTime(secondsSince1970: seconds).month, 13) }
    }

    func testMomentsCompareByTime() {
        XCTAssertLessThan(Timestamp(microseconds: -1), Timestamp(seconds: 0))
        XCTAssertEqual(Timestamp(seconds: 1), Timestamp(microseconds: 1_000_000))
        let now = Timestamp.now()
        XCTAssertEqual(Double(now.microseconds) / 1e6, Date().timeIntervalSince1970, accuracy: 5)
    }
}

final class CivilTimeTests: XCTestCase {
    func testEveryDayOf400YearsHasItsDateAndItsWayBack() {
        var expected = (year: 1900, month: 1, day: 1)
        for day in -25_567..<(-25_567 + 146_097) {
            let moment = CivilTime(secondsSince1970: Int64(day) * 86_400 + 86_399)
            guard moment.year == expected.year, moment.month == expected.month, moment.day == expected.day,
                moment.hour == 23, moment.minute == 59, moment.second == 59,
                CivilTime.days(year: expected.year, month: expected.month, day: expected.day) == day
            else { return XCTFail("\(day): \(moment) is not \(expected)") }
            expected.day += 1
            if CivilTime.days(year: expected.year, month: expected.month, day: expected.day) == nil {
                expected = expected.month == 12 ? (expected.year + 1, 1, 1) : (expected.year, expected.month + 1, 1)
            }
        }
        XCTAssertEqual(expected.year, 2300)
        XCTAssertEqual(expected.month, 1)
        XCTAssertEqual(expected.day, 1)
    }

    func testLeapDaysExistInLeapYearsOnly() {
        for year in [4, 1600, 1996, 2000, 2024, 2400, 9996] {
            XCTAssertNotNil(CivilTime.days(year: year, month: 2, day: 29), "\(year)")
        }
        for year in [1, 1700, 1800, 1900, 2001, 2023, 2100, 9999] {
            XCTAssertNil(CivilTime.days(year: year, month: 2, day: 29), "\(year)")
            XCTAssertNotNil(CivilTime.days(year: year, month: 2, day: 28), "\(year)")
        }
    }

    func testDatesThatTheCalendarDoesNotHaveAreNil() {
        for (year, month, day) in [
            (0, 1, 1), (-1, 1, 1), (10_000, 1, 1), (2024, 0, 1), (2024, 13, 1), (2024, 1, 0), (2024, 1, 32),
            (2024, 2, 30), (2024, 4, 31), (2024, 6, 31), (2024, 9, 31), (2024, 11, 31), (2024, 1, -1), (.max, 1, 1),
            (.min, 1, 1), (2024, .max, 1), (2024, 1, .max), (2024, .min, .min),
        ] { XCTAssertNil(CivilTime.days(year: year, month: month, day: day), "\(year)-\(month)-\(day)") }
    }

    func testKnownDaysHaveTheirNumbers() {
        XCTAssertEqual(CivilTime.days(year: 1970, month: 1, day: 1), 0)
        XCTAssertEqual(CivilTime.days(year: 1969, month: 12, day: 31), -1)
        XCTAssertEqual(CivilTime.days(year: 2000, month: 2, day: 29), 11_016)
        XCTAssertEqual(CivilTime.days(year: 1, month: 1, day: 1), -719_162)
        XCTAssertEqual(CivilTime.days(year: 9999, month: 12, day: 31), 2_932_896)
    }
}
