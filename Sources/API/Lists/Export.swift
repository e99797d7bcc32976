import Domain
import HTTP
import JSON

/// How a whole list is taken away: `?format=csv` or `?format=json`.
enum ExportFormat: String, CaseIterable {
    case csv
    case json
}

/// What stands around the rows of a JSON export: what stands around them in the list itself.
enum ExportEnvelope {
    /// `{"data": […]}`
    case array
    /// `{"data": {NAME: […], "total": N}}`
    case named(StaticString)
}

extension Request {
    /// The export that is asked for, nil for a page.
    func export() throws(Failure) -> ExportFormat? { try queryChoice("format") }
}

extension Services {
    /// Sends the whole list as a file, in constant memory: `rows` hands over one row after the other, each of which has
    /// left before the next is asked for. `file` says what it is without its ending: provider, list, period, filter.
    func export<Row: ListRow>(
        _ format: ExportFormat, of type: Row.Type, file: [String?], in envelope: ExportEnvelope,
        rows: @escaping (_ each: (Row) throws(Failure) -> Void) throws(Failure) -> Void
    ) throws(Failure) -> Response {
        guard installation.exports.begin() else { throw .unavailable(retryAfter: 10) }
        let slot = ExportSlot(installation.exports)
        let name = Self.fileName(file) + "." + format.rawValue
        var response = Response(
            status: 200,
            headers: [
                ("Content-Type", format == .csv ? "text/csv; charset=utf-8; header=present" : "application/json"),
                ("Content-Disposition", "attachment; filename=\"\(name)\""),
            ])
        response.stream = { (writer) throws(Failure) in
            defer { slot.end() }
            switch format {
            case .csv: try Self.csv(Row.self, rows, writer)
            case .json: try Self.json(envelope, rows, writer)
            }
        }
        return response
    }

    /// Rows leave in pieces of this many octets.
    private static var pieceOctets: Int { 32 * 1_024 }

    private static func csv<Row: ListRow>(
        _ type: Row.Type, _ rows: (_ each: (Row) throws(Failure) -> Void) throws(Failure) -> Void,
        _ writer: BodyWriter
    ) throws(Failure) {
        var csv = CSVWriter()
        for column in Row.columns { csv.text(column) }
        csv.endLine()
        try rows { (row) throws(Failure) in
            row.write(to: &csv)
            csv.endLine()
            if csv.count >= pieceOctets { try writer.write(csv.take()) }
        }
        try writer.write(csv.take())
    }

    private static func json<Row: ListRow>(
        _ envelope: ExportEnvelope, _ rows: (_ each: (Row) throws(Failure) -> Void) throws(Failure) -> Void,
        _ writer: BodyWriter
    ) throws(Failure) {
        var piece: [UInt8] =
            switch envelope {
            case .array: Array("{\"data\":[".utf8)
            case .named(let name): Array("{\"data\":{\"\(name)\":[".utf8)
            }
        var count = 0
        try rows { (row) throws(Failure) in
            if count > 0 { piece.append(UInt8(ascii: ",")) }
            count += 1
            piece += JSONWriter.text(of: row)
            if piece.count >= pieceOctets {
                try writer.write(piece)
                piece.removeAll(keepingCapacity: true)
            }
        }
        switch envelope {
        case .array: piece += Array("]}".utf8)
        case .named: piece += Array("],\"total\":\(count)}}".utf8)
        }
        try writer.write(piece)
    }

    /// Letters, digits, `.`, `_` and `-` of each part, joined by `-`: nothing that a header or a file system minds, and
    /// short enough for both.
    private static func fileName(_ parts: [String?]) -> String {
        let octets = parts.compactMap { $0 }.joined(separator: "-").utf8.prefix(200).map { octet in
            switch octet {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                octet
            default: UInt8(ascii: "_")
            }
        }
        return String(decoding: octets, as: UTF8.self)
    }
}
