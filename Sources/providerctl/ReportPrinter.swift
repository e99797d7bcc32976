import Foundation
import HTTP
import JSON
import Store

/// Writes the rows of a report: CSV and JSON as they come, a table when all are there.
struct ReportPrinter {
    enum Format: String {
        case table, csv, json
    }

    private let report: Report
    private let format: Format
    private var csv = CSVWriter()
    private var table: [[String]] = []
    private var count = 0
    /// What happened to standard output, such as a full disk.
    private var problem: (any Error)?

    init(_ report: Report, _ format: Format) {
        self.report = report
        self.format = format
        guard format == .csv else { return }
        for column in report.columns { csv.text(column.name) }
        csv.endLine()
    }

    /// Whether there is any use in another row.
    mutating func row(_ cells: [String?]) -> Bool {
        switch format {
        case .table: table.append(cells.map { $0 ?? "" })
        case .csv:
            for (column, cell) in zip(report.columns, cells) {
                if column.kind == .text { csv.text(cell) } else { csv.number(cell) }
            }
            csv.endLine()
            if csv.count > 65_536 { write(csv.take()) }
        case .json:
            write(Array((count == 0 ? "[" : ",\n").utf8))
            write(
                JSONWriter.object {
                    for (column, cell) in zip(report.columns, cells) { $0.cell(column, cell) }
                })
        }
        count += 1
        return problem == nil
    }

    /// Throws when not all of it could be written.
    mutating func end() throws {
        switch format {
        case .table: Output(isJSON: false).table(report.columns.map { $0.name.uppercased() }, table)
        case .csv: write(csv.take())
        case .json: write(Array((count == 0 ? "[]\n" : "]\n").utf8))
        }
        if let problem { throw problem }
    }

    private mutating func write(_ octets: [UInt8]) {
        guard problem == nil else { return }
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(octets))
        } catch {
            problem = error
        }
    }
}

extension JSONWriter {
    /// A number as it is, exactly; NULL as null.
    fileprivate mutating func cell(_ column: Report.Column, _ text: String?) {
        key(escaping: column.name)
        guard let text else { return null() }
        switch column.kind {
        case .number, .flag: raw(text)
        case .text, .moment: string(text)
        }
    }
}
