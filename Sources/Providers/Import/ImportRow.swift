import Domain

/// Reads the columns of one row and collects what is wrong with them.
struct ImportRow {
    private let values: ImportTable.Row
    private(set) var problems: [String]

    /// Columns that are not `known` are refused: another schema would mean something else by its columns.
    init(_ values: ImportTable.Row, known: Set<String>) {
        self.values = values
        problems = values.keys.filter { !known.contains($0) }.sorted().map { "\($0.prefix(64)) is not a known column" }
    }

    mutating func note(_ problem: String) { problems.append(problem) }

    /// The text, which must be there and not longer than that.
    mutating func required(_ name: String, octets: Int) -> String {
        guard let text = values[name], !text.isEmpty else {
            note("\(name) is missing")
            return ""
        }
        return limited(text, name, octets)
    }

    mutating func optional(_ name: String, octets: Int) -> String? {
        values[name].map { limited($0, name, octets) }
    }

    private mutating func limited(_ text: String, _ name: String, _ octets: Int) -> String {
        if text.utf8.count > octets { note("\(name) is longer than \(octets) octets") }
        return text
    }

    /// SQLite's booleans are 0 and 1. A column that is not there has the schema's default, which is true.
    mutating func flag(_ name: String) -> Bool {
        switch values[name] {
        case "1", nil: return true
        case "0": return false
        default:
            note("\(name) must be 0 or 1")
            return false
        }
    }

    /// A UUID with hyphens or, as some programs store it in SQLite, without.
    mutating func id<Entity>(_ name: String, of type: Entity.Type = Entity.self) -> ID<Entity>? {
        let text = required(name, octets: 50)
        guard !text.isEmpty else { return nil }
        var digits = Array(text.utf8)
        if digits.count == 32 {
            for place in [20, 16, 12, 8] { digits.insert(UInt8(ascii: "-"), at: place) }
        }
        let id = ID<Entity>(String(decoding: digits, as: UTF8.self))
        if id == nil { note("\(name) is not a UUID") }
        return id
    }

    /// `2025-11-26 17:00:00`, in UTC, with a fraction where a program has added one.
    mutating func moment(_ name: String) -> Timestamp? {
        guard let text = values[name] else { return nil }
        guard let moment = SQLiteTime.parse(text) else {
            note("\(name) is not a time such as 2025-11-26 17:00:00")
            return nil
        }
        return moment
    }
}

/// Times as SQLite's `CURRENT_TIMESTAMP` and Python's `datetime` write them into a DATETIME column.
enum SQLiteTime {
    static func parse(_ text: String) -> Timestamp? {
        var octets = Array(text.utf8)
        for zone in ["+00:00", "Z"] where octets.suffix(zone.utf8.count).elementsEqual(zone.utf8) {
            octets.removeLast(zone.utf8.count)
            break
        }
        guard octets.count >= 19, [UInt8(ascii: " "), UInt8(ascii: "T")].contains(octets[10]),
            octets[4] == UInt8(ascii: "-"), octets[7] == UInt8(ascii: "-"), octets[13] == UInt8(ascii: ":"),
            octets[16] == UInt8(ascii: ":"),
            let year = number(octets[0..<4]), let month = number(octets[5..<7]), let day = number(octets[8..<10]),
            let hour = number(octets[11..<13]), let minute = number(octets[14..<16]),
            let second = number(octets[17..<19]), 1_970...9_999 ~= year, hour < 24, minute < 60, second < 60,
            let days = CivilTime.days(year: year, month: month, day: day), let micros = fraction(octets[19...])
        else { return nil }
        let seconds = Int64(days) * 86_400 + Int64(hour * 3_600 + minute * 60 + second)
        return Timestamp(microseconds: seconds * 1_000_000 + Int64(micros))
    }

    /// Microseconds of `.123456`; further digits are cut off.
    private static func fraction(_ octets: ArraySlice<UInt8>) -> Int? {
        guard let point = octets.first else { return 0 }
        let digits = octets.dropFirst()
        guard point == UInt8(ascii: "."), 1...9 ~= digits.count, number(digits) != nil else { return nil }
        let six = Array(digits.prefix(6)) + [UInt8](repeating: 0x30, count: max(0, 6 - digits.count))
        return number(six[...])
    }

    private static func number(_ octets: ArraySlice<UInt8>) -> Int? {
        guard octets.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        return Int(String(decoding: octets, as: UTF8.self))
    }
}
