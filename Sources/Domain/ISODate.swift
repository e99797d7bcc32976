/// What stands in `startDate` and `endDate`: a day, or a moment.
package enum ISODate: Sendable, Equatable {
    /// A whole day, in whatever time zone the request names.
    case day(year: Int, month: Int, day: Int)
    /// A moment, and how long it is as it was written: a second, or a part of one.
    case moment(Timestamp, length: Int64)

    /// `2025-11-26`, `2025-11-26T17:00:00Z`, `2025-11-26T17:00:00.123+02:00`; seconds and their fraction may be left
    /// out. Nil for anything else, for days that no calendar has and for years before 1970 or after 9999.
    package init?(_ text: String) {
        var reader = DigitReader(Array(text.utf8))
        guard let year = reader.number(4), 1970...9999 ~= year, reader.take("-"), let month = reader.number(2),
            reader.take("-"), let day = reader.number(2),
            let days = CivilTime.days(year: year, month: month, day: day)
        else { return nil }
        if reader.isAtEnd {
            self = .day(year: year, month: month, day: day)
            return
        }
        guard reader.take("T") || reader.take("t") || reader.take(" "), let hour = reader.number(2), hour < 24,
            reader.take(":"), let minute = reader.number(2), minute < 60
        else { return nil }
        var second = 0
        var fraction: (microseconds: Int64, length: Int64) = (0, 60_000_000)
        if reader.take(":") {
            guard let value = reader.number(2), value < 60 else { return nil }
            second = value
            fraction = (0, 1_000_000)
            if reader.take(".") {
                guard let value = reader.fraction() else { return nil }
                fraction = value
            }
        }
        guard let offset = reader.offset(), reader.isAtEnd else { return nil }
        let seconds = Int64(days) * 86_400 + Int64(hour * 3_600 + minute * 60 + second - offset)
        let moment = Timestamp(microseconds: seconds * 1_000_000 + fraction.microseconds)
        self = .moment(min(moment, .endOfCalendar), length: fraction.length)
    }
}

/// Reads a date from the left.
private struct DigitReader {
    private let octets: [UInt8]
    private var at = 0

    init(_ octets: [UInt8]) { self.octets = octets }

    var isAtEnd: Bool { at == octets.count }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard at < octets.count, UInt32(octets[at]) == character.value else { return false }
        at += 1
        return true
    }

    private mutating func digit() -> Int? {
        guard at < octets.count, 0x30...0x39 ~= octets[at] else { return nil }
        at += 1
        return Int(octets[at - 1] - 0x30)
    }

    /// Exactly so many digits.
    mutating func number(_ digits: Int) -> Int? {
        var value = 0
        for _ in 0..<digits {
            guard let next = digit() else { return nil }
            value = value * 10 + next
        }
        return value
    }

    /// 1 to 9 digits; what is finer than a microsecond is cut off.
    mutating func fraction() -> (microseconds: Int64, length: Int64)? {
        var value: Int64 = 0
        var length: Int64 = 1_000_000
        var count = 0
        while let next = digit() {
            count += 1
            guard count <= 9 else { return nil }
            guard length > 1 else { continue }
            length /= 10
            value += Int64(next) * length
        }
        return count == 0 ? nil : (value, length)
    }

    /// Seconds east of UTC. A moment without an offset is refused: nobody knows which one it is.
    mutating func offset() -> Int? {
        if take("Z") || take("z") { return 0 }
        let isEast = take("+")
        guard isEast || take("-"), let hours = number(2), hours <= 18 else { return nil }
        _ = take(":")
        guard let minutes = number(2), minutes < 60 else { return nil }
        let seconds = hours * 3_600 + minutes * 60
        return isEast ? seconds : -seconds
    }
}
