import Domain
import HTTP
import JSON

/// A row of a list: an object in JSON, a line in CSV.
protocol ListRow: JSONWritable {
    /// The names of the CSV columns: the contract's, nested ones joined by a dot.
    static var columns: [String] { get }
    /// Writes one cell for each column. A row that holds a list writes a line for each element of it, with the ends of
    /// lines between them.
    func write(to csv: inout CSVWriter)
}

/// A list in contract 2's envelope: `{"data": {NAME: […], "total": …, "limit": …, "offset": …}}`.
extension Response {
    /// `before` writes the members that stand before the list. Lists over large tables are `cursored`: they have
    /// `cursor`, and `totalIsEstimate` when the total is one.
    static func list<Row: JSONWritable>(
        _ name: StaticString, _ slice: Slice<Row>, _ page: Page, cursored list: String? = nil,
        before: (inout JSONWriter) -> Void = { _ in }
    ) -> Response {
        .json(
            JSONWriter.object {
                $0.field("data") {
                    before(&$0)
                    $0.field(name, array: slice.rows)
                    $0.field("total", slice.total)
                    if slice.isEstimate { $0.field("totalIsEstimate", true) }
                    $0.field("limit", page.limit)
                    $0.field("offset", page.offset)
                    if let list { $0.field("cursor", slice.next.map { Cursor.text($0, of: list) }) }
                }
            })
    }

    /// Contract 2's envelope around one object.
    static func data(
        status: Int = 200, etag: String? = nil, _ members: (inout JSONWriter) -> Void
    ) -> Response {
        .json(JSONWriter.object { $0.field("data", object: members) }, status: status, etag: etag)
    }
}
