import Domain
import Postgres

// How the domain's types look in PostgreSQL's text format.

extension ID: SQLBindable, SQLDecodable {
    package var sqlText: String? { text }

    package init?(sqlText: UnsafeBufferPointer<UInt8>) { self.init(String(decoding: sqlText, as: UTF8.self)) }
}

extension ProviderSlug: SQLBindable {
    package var sqlText: String? { text }
}

extension Owner: SQLBindable {
    package var sqlText: String? { key }
}

extension ExactDecimal: SQLBindable, SQLDecodable {
    package var sqlText: String? { text }

    package init?(sqlText: UnsafeBufferPointer<UInt8>) { self.init(String(decoding: sqlText, as: UTF8.self)) }
}

extension Amount: SQLBindable {
    package var sqlText: String? { text }
}

extension ExactDecimalSum: SQLDecodable {
    package init?(sqlText: UnsafeBufferPointer<UInt8>) { self.init(String(decoding: sqlText, as: UTF8.self)) }
}

extension Timestamp: SQLBindable, SQLDecodable {
    package var sqlText: String? { iso(.microseconds) }

    /// `2024-01-01 12:00:00.123456+00`: what a session with TimeZone UTC and DateStyle ISO writes.
    package init?(sqlText: UnsafeBufferPointer<UInt8>) {
        guard sqlText.count >= 22, sqlText.suffix(3).elementsEqual("+00".utf8) else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            var value = 0
            for octet in sqlText[range] {
                guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= octet else { return nil }
                value = value * 10 + Int(octet - 0x30)
            }
            return value
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            let days = CivilTime.days(year: year, month: month, day: day)
        else { return nil }
        var fraction = 0
        let digits = sqlText.count - 23
        if digits > 0 {
            guard digits <= 6, let value = number(20..<20 + digits) else { return nil }
            fraction = value
            for _ in digits..<6 { fraction *= 10 }
        }
        let seconds = Int64(days) * 86_400 + Int64(hour * 3_600 + minute * 60 + second)
        self.init(microseconds: seconds * 1_000_000 + Int64(fraction))
    }
}

extension RequestStatus: SQLBindable, SQLDecodable {
    package var sqlText: String? { rawValue }

    package init?(sqlText: UnsafeBufferPointer<UInt8>) { self.init(rawValue: String(decoding: sqlText, as: UTF8.self)) }
}
