import JSON

/// Why a table cannot be read at all.
package struct ImportTableError: Error, Equatable {
    /// A sentence part that follows the table's name.
    package let reason: String

    package init(reason: String) { self.reason = reason }
}

/// The rows of one table of an older installation: what `sqlite3` writes with `-json`, or with `-csv -header`.
package struct ImportTable: Sendable, Equatable {
    /// A row's values by column. JSON's numbers and booleans are texts here, as in CSV; null, and in CSV the empty
    /// text, is no value.
    package typealias Row = [String: String]

    package let rows: [Row]

    /// No older installation had so many keys.
    package static let maxRows = 10_000
    private static let maxOctets = 50 * 1_024 * 1_024

    package init(rows: [Row]) { self.rows = rows }

    /// Reads one table. Nothing at all is a table without rows: that is what `sqlite3 -json` writes for one.
    package init(_ text: [UInt8]) throws(ImportTableError) {
        guard let first = text.first(where: { !Self.isBlank($0) }) else {
            self.init(rows: [])
            return
        }
        if first == UInt8(ascii: "[") {
            try self.init(json: try Self.parse(text))
        } else if first == UInt8(ascii: "{") {
            throw ImportTableError(reason: "is an object and not a list of rows")
        } else {
            try self.init(csv: text)
        }
    }

    /// Reads one object with the tables as its members `api_providers` and `api_keys`; nil when it is no object.
    package static func both(
        _ text: [UInt8]
    ) throws(ImportTableError) -> (providers: ImportTable, keys: ImportTable)? {
        guard text.first(where: { !isBlank($0) }) == UInt8(ascii: "{") else { return nil }
        let object = try parse(text)
        if let other = object.object?.members.first(where: { !["api_providers", "api_keys"].contains($0.name) }) {
            throw ImportTableError(reason: "has the unknown member \(other.name.prefix(64))")
        }
        guard let providers = object["api_providers"], let keys = object["api_keys"] else {
            throw ImportTableError(reason: "must have the members api_providers and api_keys")
        }
        return (try ImportTable(json: providers), try ImportTable(json: keys))
    }

    private static func parse(_ text: [UInt8]) throws(ImportTableError) -> JSONValue {
        do throws(JSONError) {
            return try JSONParser.parse(text, limits: JSONLimits(octets: maxOctets))
        } catch {
            throw ImportTableError(reason: "is not JSON: \(error.reason.rawValue) at offset \(error.position)")
        }
    }

    private init(json: JSONValue) throws(ImportTableError) {
        guard let elements = json.array else { throw ImportTableError(reason: "is not a list of rows") }
        guard elements.count <= Self.maxRows else { throw ImportTableError(reason: "has more than 10,000 rows") }
        var rows: [Row] = []
        for (index, element) in elements.enumerated() {
            guard let object = element.object else {
                throw ImportTableError(reason: "has something in place \(index + 1) that is not a row")
            }
            var row: Row = [:]
            for member in object.members {
                switch member.value {
                case .null: continue
                case .string(let text): row[member.name] = text
                case .number(let number): row[member.name] = number.text
                case .bool(let value): row[member.name] = value ? "1" : "0"
                case .array, .object:
                    throw ImportTableError(reason: "has in row \(index + 1) a list or an object as a value")
                }
            }
            rows.append(row)
        }
        self.init(rows: rows)
    }

    private init(csv text: [UInt8]) throws(ImportTableError) {
        var lines = try CSVReader.lines(text)
        guard !lines.isEmpty else { throw ImportTableError(reason: "has no header") }
        let header = lines.removeFirst()
        guard Set(header).count == header.count, !header.contains("") else {
            throw ImportTableError(reason: "has a header with a name that is empty or there twice")
        }
        guard lines.count <= Self.maxRows else { throw ImportTableError(reason: "has more than 10,000 rows") }
        var rows: [Row] = []
        for (index, line) in lines.enumerated() {
            guard line.count == header.count else {
                throw ImportTableError(
                    reason: "has \(line.count) values in row \(index + 1), where the header has \(header.count)")
            }
            rows.append(
                Dictionary(zip(header, line).filter { !$0.1.isEmpty }.map { ($0.0, $0.1) }) { first, _ in first })
        }
        self.init(rows: rows)
    }

    private static func isBlank(_ octet: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(octet) }
}

/// Comma-separated values (RFC 4180), strictly.
enum CSVReader {
    /// The values of each line. The line end of the last line may be missing; empty lines are not there.
    static func lines(_ text: [UInt8]) throws(ImportTableError) -> [[String]] {
        var reader = Reader(rest: text[...])
        // Of a file that a spreadsheet has written.
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { reader.rest = text.dropFirst(3) }
        var lines: [[String]] = []
        while !reader.rest.isEmpty {
            let line = try reader.line(lines.count + 1)
            if line != [""] { lines.append(line) }
        }
        return lines
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func line(_ number: Int) throws(ImportTableError) -> [String] {
            var values: [String] = []
            while true {
                values.append(try rest.first == UInt8(ascii: "\"") ? quoted(number) : plain(number))
                guard let mark = rest.popFirst(), mark == UInt8(ascii: ",") else { break }
            }
            return values
        }

        private mutating func plain(_ number: Int) throws(ImportTableError) -> String {
            let value = rest.prefix { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "\n") }
            rest = rest.dropFirst(value.count)
            let isLast = rest.first != UInt8(ascii: ",")
            let trimmed = isLast && value.last == UInt8(ascii: "\r") ? value.dropLast() : value
            guard !trimmed.contains(UInt8(ascii: "\"")) else {
                throw ImportTableError(reason: "has a quotation mark inside a value of line \(number)")
            }
            return try text(trimmed, number)
        }

        private mutating func quoted(_ number: Int) throws(ImportTableError) -> String {
            rest = rest.dropFirst()
            var value: [UInt8] = []
            while let octet = rest.popFirst() {
                guard octet == UInt8(ascii: "\"") else {
                    value.append(octet)
                    continue
                }
                guard rest.first == UInt8(ascii: "\"") else {
                    if rest.first == UInt8(ascii: "\r") { rest = rest.dropFirst() }
                    guard rest.isEmpty || [UInt8(ascii: ","), UInt8(ascii: "\n")].contains(rest.first) else { break }
                    return try text(value[...], number)
                }
                value.append(octet)
                rest = rest.dropFirst()
            }
            throw ImportTableError(reason: "has a quoted value in line \(number) that does not end where it should")
        }

        private func text(_ octets: ArraySlice<UInt8>, _ number: Int) throws(ImportTableError) -> String {
            guard let text = String(validating: octets, as: UTF8.self) else {
                throw ImportTableError(reason: "is not UTF-8 in line \(number)")
            }
            return text
        }
    }
}
