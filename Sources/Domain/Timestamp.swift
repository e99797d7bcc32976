import Foundation

/// A moment in UTC, in microseconds since 1970, which is what PostgreSQL keeps.
package struct Timestamp: Hashable, Comparable, Sendable {
    package let microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    /// The first or the last moment there is when the seconds are beyond it.
    package init(seconds: Int64) {
        let (product, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000)
        microseconds = overflows ? (seconds < 0 ? .min : .max) : product
    }

    /// The wall clock. Deadlines use `Deadline`, which a clock change does not move.
    package static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }

    /// The last moment whose year has four digits: what a period that ends later ends with.
    package static let endOfCalendar = Timestamp(microseconds: 253_402_300_799_999_999)

    /// Whole seconds since 1970, rounded down.
    package var seconds: Int64 {
        let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return remainder < 0 ? quotient - 1 : quotient
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

    /// How many digits of a second are shown.
    package enum Precision: Int, Sendable {
        case seconds = 0
        case milliseconds = 3
        case microseconds = 6
    }

    /// ISO 8601 in UTC with a `Z`, such as `2024-01-01T12:00:00.000Z`. A year outside 0 to 9999 has a sign and
    /// six digits, the expanded form that ECMAScript reads.
    package func iso(_ precision: Precision) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(27)
        append(iso: precision, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends what `iso` gives.
    package func append(iso precision: Precision, to text: inout [UInt8]) {
        let moment = CivilTime(secondsSince1970: seconds)
        if 0...9999 ~= moment.year {
            Self.append(&text, moment.year, digits: 4)
        } else {
            text.append(UInt8(ascii: moment.year < 0 ? "-" : "+"))
            Self.append(&text, abs(moment.year), digits: 6)
        }
        Self.append(&text, after: "-", moment.month, digits: 2)
        Self.append(&text, after: "-", moment.day, digits: 2)
        Self.append(&text, after: "T", moment.hour, digits: 2)
        Self.append(&text, after: ":", moment.minute, digits: 2)
        Self.append(&text, after: ":", moment.second, digits: 2)
        let remainder = Int(microseconds % 1_000_000)
        let fraction = remainder < 0 ? remainder + 1_000_000 : remainder
        switch precision {
        case .seconds: break
        case .milliseconds: Self.append(&text, after: ".", fraction / 1_000, digits: 3)
        case .microseconds: Self.append(&text, after: ".", fraction, digits: 6)
        }
        text.append(UInt8(ascii: "Z"))
    }

    private static func append(_ text: inout [UInt8], after separator: Unicode.Scalar, _ value: Int, digits: Int) {
        text.append(UInt8(ascii: separator))
        append(&text, value, digits: digits)
    }

    private static func append(_ text: inout [UInt8], _ value: Int, digits: Int) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        var rest = value
        while divisor > 0 {
            text.append(0x30 + UInt8(truncatingIfNeeded: rest / divisor % 10))
            rest %= divisor
            divisor /= 10
        }
    }
}

/// A date and time of the proleptic Gregorian calendar in UTC.
package struct CivilTime: Equatable, Sendable {
    package let year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int

    /// Days are counted in eras of 400 years from 1 March, so that the leap day is the last day of a year
    /// (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    package init(secondsSince1970: Int64) {
        let (quotient, remainder) = Int(secondsSince1970).quotientAndRemainder(dividingBy: 86_400)
        let days = remainder < 0 ? quotient - 1 : quotient
        let inDay = remainder < 0 ? remainder + 86_400 : remainder
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        hour = inDay / 3_600
        minute = inDay % 3_600 / 60
        second = inDay % 60
    }

    /// Days from 1970-01-01 to the date; nil when the calendar has no such date (30 February).
    package static func days(year: Int, month: Int, day: Int) -> Int? {
        guard 1...9999 ~= year, 1...12 ~= month, day >= 1 else { return nil }
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard day <= lengths[month - 1] else { return nil }
        let fromMarch = month <= 2 ? year - 1 : year
        let era = fromMarch / 400
        let yearOfEra = fromMarch - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
