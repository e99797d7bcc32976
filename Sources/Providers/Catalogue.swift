import Domain

/// Why a catalogue is refused. Lines count from 1, the header.
package struct CatalogueError: Error, Equatable, Sendable {
    package let line: Int
    package let reason: String
}

/// The list of models and prices that comes with the program.
package enum Catalogue {
    /// The columns in their order.
    static let columns = [
        "provider", "model", "display_name", "version", "vendor_name", "kind", "context_tokens",
        "unsupported_parameters", "retired_at", "effective_from", "currency", "input", "output", "cached_input",
        "cache_write", "above_tokens", "above_input", "above_output", "per_generation", "unit",
        "credits_per_generation", "tiers", "resolutions", "source",
    ]

    /// The providers of generations, which have adapters of another kind than those of language models.
    static let mediaProviders: Set<String> = ["fal_ai", "replicate", "minimax", "runway_ml", "black_forest_labs"]

    /// Reads a whole catalogue, in the order of the text. One wrong line refuses all of it.
    package static func parse(_ text: String) throws(CatalogueError) -> [CatalogueRow] {
        // By octets: a Swift String takes CR LF for one character that is not a line feed.
        var lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard lines.popLast() == "", let header = lines.first else {
            throw CatalogueError(line: max(lines.count + 1, 1), reason: "the last line does not end with a line feed")
        }
        guard header == columns.joined(separator: "\t") else {
            throw CatalogueError(line: 1, reason: "the header is not the list of columns")
        }
        var rows: [CatalogueRow] = []
        var versions: [String: CatalogueRow] = [:]
        var days: Set<String> = []
        for (index, line) in lines.enumerated().dropFirst() {
            let row = try CatalogueLine(number: index + 1, text: line).row()
            let name = row.provider + "\t" + row.model
            guard days.insert(name + "\t" + row.effectiveFrom.text).inserted else {
                throw CatalogueError(line: index + 1, reason: "the model has another price from the same day")
            }
            guard versions[name].map(row.describesSameModel) ?? true else {
                throw CatalogueError(line: index + 1, reason: "the model is described differently in another line")
            }
            versions[name] = row
            rows.append(row)
        }
        return rows
    }
}

extension CatalogueRow {
    /// Whether two lines differ in nothing but the price and its time.
    fileprivate func describesSameModel(as other: CatalogueRow) -> Bool {
        displayName == other.displayName && version == other.version && vendorName == other.vendorName
            && kind == other.kind && contextTokens == other.contextTokens
            && unsupportedParameters == other.unsupportedParameters && retiredAt == other.retiredAt
    }
}
