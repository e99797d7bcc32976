import JSON

/// The catalogue. Google refuses penalties on some models; which ones, changes, and here it is the small ones.
enum GeminiModels {
    static let all: [SimModel] = [
        SimModel(
            name: "gemini-2.5-pro", context: 1_048_576, output: 65_536, released: "2025-06-17", ends: "2026-12-01"),
        SimModel(
            name: "gemini-2.5-flash", context: 1_048_576, output: 65_536, released: "2025-06-17", ends: "2026-12-01"),
        small("gemini-2.5-flash-lite", "2025-07-22"),
        SimModel(name: "gemini-2.5-flash-image", kind: .image, context: 65_536, output: 32_768, released: "2025-10-02"),
        SimModel(
            name: "gemini-3.1-flash-image", kind: .image, context: 131_072, output: 32_768, released: "2026-02-26"),
        small("gemini-3.5-flash-lite", "2026-07-21"),
        SimModel(name: "gemini-3.6-flash", context: 1_048_576, output: 65_536, released: "2026-07-21"),
        SimModel(name: "gemini-3.7-flash", context: 1_048_576, output: 65_536, released: "2026-09-15"),
        SimModel(name: "gemini-3.8-flash", context: 1_048_576, output: 65_536, released: "2026-10-20"),
        SimModel(
            name: "gemini-embedding-001", kind: .embedding, context: 2_048, output: 3_072, released: "2025-07-14"),
        .retired("gemini-pro"), .retired("gemini-1.5-flash"), .retired("gemini-1.5-pro"), .retired("gemini-2.0-flash"),
        .retired("gemini-2.0-flash-lite"),
    ]

    private static func small(_ name: String, _ released: String) -> SimModel {
        SimModel(
            name: name, context: 1_048_576, output: 65_536, traits: [.refusesPenalties], released: released)
    }
}

extension Gemini {
    @Sendable func listModels(_ call: Call) throws(Problem) -> SimAnswer {
        let (models, next) = try page(call.request)
        return .json { json in
            json.key("models")
            json.array(models) { Self.write($1, to: &$0) }
            json.fieldIfPresent("nextPageToken", next)
        }
    }

    @Sendable func showModel(_ call: Call) throws(Problem) -> SimAnswer {
        let name = call.captures["model"] ?? ""
        guard let model = servedModels.first(where: { $0.name == name }) else { throw .unknownModel(name) }
        var json = JSONWriter()
        Self.write(model, to: &json)
        return .whole(200, "application/json; charset=UTF-8", String(decoding: json.bytes, as: UTF8.self))
    }

    /// `pageSize` 1 to 1000, 50 without it, more counts as 1000; the token is opaque to callers.
    private func page(_ request: SimRequest) throws(Problem) -> ([SimModel], next: String?) {
        let size = request.parameter("pageSize").map { Int($0) ?? -1 } ?? 50
        guard size >= 0 else { throw Self.invalid("Invalid value at 'page_size' (TYPE_INT32)") }
        var start = 0
        if let token = request.parameter("pageToken"), !token.isEmpty {
            guard let at = servedModels.firstIndex(where: { Self.token(for: $0) == token }) else {
                throw Self.invalid("Invalid page token")
            }
            start = at
        }
        let rest = servedModels[start...]
        let limit = size == 0 ? 50 : min(size, 1_000)
        return (Array(rest.prefix(limit)), rest.dropFirst(limit).first.map { Self.token(for: $0) })
    }

    private static func token(for model: SimModel) -> String { String(SHA256.hex(model.name).prefix(20)) }

    private static func write(_ model: SimModel, to json: inout JSONWriter) {
        let words = model.name.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }
        let methods =
            model.kind == .embedding
            ? ["embedContent", "batchEmbedContents", "countTokens"]
            : ["generateContent", "countTokens", "streamGenerateContent"]
        json.object {
            $0.field("name", "models/\(model.name)")
            $0.field("version", "001")
            $0.field("displayName", words.joined(separator: " "))
            $0.field("description", "A simulated model")
            $0.field("inputTokenLimit", model.context)
            $0.field("outputTokenLimit", model.kind == .embedding ? 1 : model.output)
            $0.field("supportedGenerationMethods", array: methods)
            guard model.kind != .embedding else { return }
            $0.field("temperature", 1)
            $0.key("topP")
            $0.raw("0.95")
            $0.field("topK", 64)
            $0.field("maxTemperature", 2)
        }
    }
}
