import Domain

/// How long a provider asks to wait, in the forms that providers use. Always 1 second to a day.
enum RetryAfter {
    static let range = 1...86_400

    /// The headers `retry-after-ms` (OpenAI) and `Retry-After` (RFC 9110, 10.2.3: seconds or a date).
    static func read(milliseconds: String?, header: String?, now: Timestamp = .now()) -> Int? {
        if let seconds = milliseconds.flatMap({ parse($0, unitsInASecond: 1_000) }) { return seconds }
        guard let header else { return nil }
        if let seconds = parse(header, unitsInASecond: 1) { return seconds }
        guard let moment = HTTPDate.parse(header) else { return nil }
        return clamp(moment.seconds - now.seconds)
    }

    /// Google's `RetryInfo.retryDelay`, such as `37s` or `0.5s`.
    static func read(duration: String) -> Int? {
        duration.utf8.last == UInt8(ascii: "s") ? parse(String(duration.dropLast()), unitsInASecond: 1) : nil
    }

    /// Part of a second counts as a whole one: waiting less than asked is refused again.
    private static func parse(_ text: String, unitsInASecond units: Int64) -> Int? {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, isDigits(first), parts.dropFirst().allSatisfy(isDigits) else { return nil }
        // More digits than an Int64 has is longer than a day.
        guard let whole = Int64(String(decoding: first, as: UTF8.self)), whole < Int64.max else {
            return range.upperBound
        }
        let hasFraction = parts.dropFirst().contains { $0.contains { $0 != UInt8(ascii: "0") } }
        return clamp(whole / units + (whole % units > 0 || hasFraction ? 1 : 0))
    }

    private static func isDigits(_ text: some Collection<UInt8>) -> Bool {
        !text.isEmpty && text.allSatisfy { 0x30...0x39 ~= $0 }
    }

    private static func clamp(_ seconds: Int64) -> Int {
        Int(min(max(seconds, Int64(range.lowerBound)), Int64(range.upperBound)))
    }
}

/// The three forms of a date in an HTTP header (RFC 9110, 5.6.7).
enum HTTPDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    static func parse(_ text: String) -> Timestamp? {
        guard text.utf8.count <= 40 else { return nil }
        let words = text.utf8.split { [0x20, UInt8(ascii: ","), UInt8(ascii: "-")].contains($0) }
            .map { String(decoding: $0, as: UTF8.self) }
        // `Sun, 06 Nov 1994 08:49:37 GMT` and `Sunday, 06-Nov-94 08:49:37 GMT`
        if words.count == 6, words[5] == "GMT" { return moment(words[1], words[2], words[3], words[4]) }
        // `Sun Nov  6 08:49:37 1994`
        return words.count == 5 ? moment(words[2], words[1], words[4], words[3]) : nil
    }

    /// The form that is written: `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func text(_ moment: Timestamp) -> String {
        let civil = CivilTime(secondsSince1970: moment.seconds)
        let days = Int(moment.seconds / 86_400)
        let two = { (number: Int) in (number < 10 ? "0" : "") + String(number) }
        // 1 January 1970 was a Thursday.
        return "\(weekdays[((days + 4) % 7 + 7) % 7]), \(two(civil.day)) \(months[civil.month - 1]) \(civil.year) "
            + "\(two(civil.hour)):\(two(civil.minute)):\(two(civil.second)) GMT"
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]

    private static func moment(_ day: String, _ month: String, _ year: String, _ time: String) -> Timestamp? {
        let clock = time.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            .compactMap { number(String(decoding: $0, as: UTF8.self)) }
        guard let day = number(day), let month = months.firstIndex(of: month), let year = number(year),
            let days = CivilTime.days(year: full(year), month: month + 1, day: day),
            clock.count == 3, clock[0] < 24, clock[1] < 60, clock[2] < 61
        else { return nil }
        return Timestamp(seconds: Int64(days * 86_400 + clock[0] * 3_600 + clock[1] * 60 + clock[2]))
    }

    private static func number(_ text: String) -> Int? {
        1...4 ~= text.utf8.count && text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) ? Int(text) : nil
    }

    private static func full(_ year: Int) -> Int { year >= 100 ? year : year < 70 ? 2_000 + year : 1_900 + year }
}
