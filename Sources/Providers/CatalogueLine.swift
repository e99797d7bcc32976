import Domain

/// Reads one line of a catalogue.
struct CatalogueLine {
    private let number: Int
    private let fields: [String: String]

    init(number: Int, text: String) throws(CatalogueError) {
        self.number = number
        guard text.utf8.allSatisfy({ $0 == 0x09 || $0 >= 0x20 && $0 != 0x7F }) else {
            throw CatalogueError(line: number, reason: "there is a control character")
        }
        let values = text.utf8.split(separator: 0x09, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard values.count == Catalogue.columns.count else {
            throw CatalogueError(
                line: number, reason: "there are \(values.count) columns instead of \(Catalogue.columns.count)")
        }
        fields = Dictionary(uniqueKeysWithValues: zip(Catalogue.columns, values))
    }

    func row() throws(CatalogueError) -> CatalogueRow {
        CatalogueRow(
            provider: try required("provider") {
                Catalogue.mediaProviders.contains($0) ? $0 : Adapters.language($0)?.slug ?? Adapters.image($0)?.slug
            },
            model: try required("model") { try? ModelName($0).text },
            displayName: try required("display_name") { $0 },
            kind: try required("kind", ModelKind.init),
            contextTokens: try optional("context_tokens", Self.count),
            unsupportedParameters: try optional("unsupported_parameters", Self.parameters) ?? [],
            retiredAt: try optional("retired_at", CatalogueDay.init),
            effectiveFrom: try required("effective_from", CatalogueDay.init),
            currency: try required("currency") { Currency($0)?.code },
            input: try optional("input", Amount.init),
            output: try optional("output", Amount.init),
            cachedInput: try optional("cached_input", Amount.init),
            cacheWrite: try optional("cache_write", Amount.init),
            longContext: try longContext(),
            perGeneration: try optional("per_generation", Amount.init),
            source: try required("source") { $0 },
            version: try optional("version") { $0.utf8.count <= 50 ? $0 : nil } ?? "1.0",
            vendorName: try optional("vendor_name") { try? ModelName($0).text },
            unit: try optional("unit", PriceUnit.init) ?? .generation,
            credits: try optional("credits_per_generation", Amount.init),
            tiers: try beside("tiers", CatalogueScale.tiers),
            resolutions: try beside("resolutions", CatalogueScale.resolutions))
    }

    /// Prices that vary the plain one, which must be there for what they do not name.
    private func beside<Value>(_ column: String, _ read: (String) -> [Value]?) throws(CatalogueError) -> [Value] {
        let values = try optional(column, read) ?? []
        let plain = try optional("per_generation", Amount.init)
        guard values.isEmpty || plain != nil else {
            throw CatalogueError(line: number, reason: "\(column) needs per_generation")
        }
        return values
    }

    private func longContext() throws(CatalogueError) -> LongContextPrice? {
        let above = try optional("above_tokens", Self.count)
        let input = try optional("above_input", Amount.init)
        let output = try optional("above_output", Amount.init)
        if let above, let input, let output {
            return LongContextPrice(aboveTokens: above, input: input, output: output)
        }
        guard above == nil, input == nil, output == nil else {
            throw CatalogueError(line: number, reason: "above_tokens, above_input and above_output belong together")
        }
        return nil
    }

    private func required<Value>(
        _ column: String, _ read: (String) -> Value?
    ) throws(CatalogueError) -> Value {
        guard let value = try optional(column, read) else {
            throw CatalogueError(line: number, reason: "\(column) is empty")
        }
        return value
    }

    private func optional<Value>(
        _ column: String, _ read: (String) -> Value?
    ) throws(CatalogueError) -> Value? {
        guard let text = fields[column], !text.isEmpty else { return nil }
        guard let value = read(text) else {
            throw CatalogueError(line: number, reason: "\(column) has the unexpected value \(text)")
        }
        return value
    }

    private static func count(_ text: String) -> Int? {
        guard 1...9 ~= text.utf8.count, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let count = Int(text), count > 0
        else { return nil }
        return count
    }

    private static func parameters(_ text: String) -> [ChatParameter]? {
        let names = text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        let parameters = names.compactMap { ChatParameter(rawValue: String(decoding: $0, as: UTF8.self)) }
        return parameters.count == names.count && Set(parameters).count == names.count ? parameters : nil
    }
}
