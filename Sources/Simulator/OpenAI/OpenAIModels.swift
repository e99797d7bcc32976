import JSON

/// The catalogue, with the days of shutdown from the vendor's SDK (`chat_model.py`, `image_model.py`).
///
/// `gpt-3.5-turbo` and `gpt-4` ended on 2026-10-23; the simulator still serves them, because the published contract's
/// examples name them and a first run should be able to follow the examples.
enum OpenAIModels {
    static let all: [SimModel] = [
        SimModel(name: "gpt-3.5-turbo", context: 16_385, output: 4_096, released: "2023-02-28", ends: "2026-10-23"),
        SimModel(name: "gpt-4", context: 8_192, output: 8_192, released: "2023-06-27", ends: "2026-10-23"),
        SimModel(name: "gpt-4o", released: "2024-05-10", ends: "2027-01-14"),
        SimModel(name: "gpt-4o-mini", released: "2024-07-16", ends: "2027-01-14"),
        SimModel(name: "gpt-4.1", context: 1_047_576, output: 32_768, released: "2025-04-10", ends: "2027-01-14"),
        SimModel(name: "gpt-4.1-mini", context: 1_047_576, output: 32_768, released: "2025-04-10", ends: "2027-01-14"),
        reasoning("gpt-5", "2025-08-05", ends: "2026-12-11"),
        reasoning("gpt-5-mini", "2025-08-05", ends: "2026-12-11"),
        reasoning("gpt-5-nano", "2025-08-05", ends: "2026-12-11"),
        reasoning("o3", "2025-04-16", ends: "2026-12-11"),
        reasoning("gpt-5.4", "2026-03-05"),
        reasoning("gpt-5.4-mini", "2026-03-17"),
        reasoning("gpt-6-sol", "2026-08-06"),
        reasoning("gpt-6-luna", "2026-08-06"),
        reasoning("gpt-6-astra", "2026-08-06"),
        SimModel(
            name: "text-embedding-3-small", kind: .embedding, context: 8_191, output: 1_536,
            traits: [.longerVectors], released: "2024-01-22"),
        SimModel(
            name: "text-embedding-3-large", kind: .embedding, context: 8_191, output: 3_072,
            traits: [.longerVectors], released: "2024-01-22"),
        SimModel(
            name: "text-embedding-ada-002", kind: .embedding, context: 8_191, output: 1_536, released: "2022-12-16"),
        SimModel(name: "gpt-image-2", kind: .image, released: "2026-04-21"),
        .retired("gpt-4-turbo"), .retired("gpt-4.1-nano"), .retired("o1"), .retired("o3-mini"), .retired("o4-mini"),
        .retired("dall-e-2", .image), .retired("dall-e-3", .image), .retired("gpt-image-1", .image),
    ]

    private static func reasoning(_ name: String, _ released: String, ends: String? = nil) -> SimModel {
        SimModel(
            name: name, context: 400_000, output: 128_000, traits: [.refusesSampling], released: released, ends: ends)
    }
}

extension OpenAI {
    /// The vendor's list has no pages.
    @Sendable func listModels(_ call: Call) throws(Problem) -> SimAnswer {
        .json(headers: Self.headers(call)) { json in
            json.field("object", "list")
            json.key("data")
            json.array(servedModels) { Self.write($1, to: &$0) }
        }
    }

    @Sendable func showModel(_ call: Call) throws(Problem) -> SimAnswer {
        let name = call.captures["model"] ?? ""
        guard let model = servedModels.first(where: { $0.name == name }) else { throw .unknownModel(name) }
        var json = JSONWriter()
        Self.write(model, to: &json)
        return SimAnswer(
            200, headers: [SimHeader("Content-Type", "application/json")] + Self.headers(call), body: .whole(json.bytes)
        )
    }

    private static func write(_ model: SimModel, to json: inout JSONWriter) {
        json.object {
            $0.field("id", model.name)
            $0.field("object", "model")
            $0.field("created", model.releasedSeconds)
            $0.field("owned_by", "system")
            $0.fieldIfPresent("shutdown_date", model.ends)
        }
    }
}
