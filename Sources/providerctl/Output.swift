import JSON

/// Where a command's result goes: a table or sentences for people, one JSON document with `--json`.
struct Output {
    let isJSON: Bool

    func json(_ write: (inout JSONWriter) -> Void) {
        guard isJSON else { return }
        var writer = JSONWriter()
        write(&writer)
        print(String(decoding: writer.bytes, as: UTF8.self))
    }

    func text(_ line: @autoclosure () -> String) {
        if !isJSON { print(line()) }
    }

    /// Columns as wide as they must be, the last one ragged.
    func table(_ header: [String], _ rows: [[String]]) {
        guard !isJSON else { return }
        let widths = header.indices.map { column in
            ([header] + rows).map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        for row in [header] + rows {
            let cells = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: max(0, width - cell.count))
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            print(line)
        }
    }
}
