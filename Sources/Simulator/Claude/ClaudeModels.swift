import JSON

/// The catalogue, with the days of retirement from the vendor's SDK.
enum ClaudeModels {
    static let all: [SimModel] = [
        generation5("claude-opus-5-5", "2026-09-17"),
        generation5("claude-sonnet-5-5", "2026-09-17"),
        generation5("claude-haiku-5-5", "2026-10-21"),
        generation5("claude-opus-5", "2026-06-09"),
        generation5("claude-sonnet-5", "2026-06-09"),
        generation4("claude-opus-4-8", "2026-04-16", context: 1_000_000),
        generation4("claude-opus-4-6", "2026-02-05", context: 1_000_000),
        generation4("claude-sonnet-4-6", "2026-02-17", context: 1_000_000),
        generation4("claude-opus-4-5", "2025-11-24"),
        generation4("claude-haiku-4-5", "2025-10-15"),
        generation4("claude-sonnet-4-5", "2025-09-29", ends: "2026-11-30"),
        .retired("claude-3-haiku-20240307"), .retired("claude-3-opus-20240229"), .retired("claude-3-sonnet-20240229"),
        .retired("claude-3-5-haiku-20241022"), .retired("claude-3-5-sonnet-20240620"),
        .retired("claude-3-5-sonnet-20241022"), .retired("claude-3-7-sonnet-20250219"),
        .retired("claude-sonnet-4-20250514"), .retired("claude-opus-4-20250514"),
    ]

    /// Refuse temperature and top_p whatever the version of the API.
    private static func generation5(_ name: String, _ released: String) -> SimModel {
        SimModel(
            name: name, context: 1_000_000, output: 128_000, traits: [.refusesSampling], released: released)
    }

    /// Take temperature or top_p, not both.
    private static func generation4(
        _ name: String, _ released: String, context: Int = 200_000, ends: String? = nil
    ) -> SimModel {
        SimModel(
            name: name, context: context, output: 64_000, traits: [.choosesOneSampling], released: released, ends: ends)
    }
}

extension Claude {
    @Sendable func listModels(_ call: Call) throws(Problem) -> SimAnswer {
        let page = try page(call.request)
        return .json(headers: Self.headers(call)) { json in
            json.key("data")
            json.array(page.models) { Self.write($1, to: &$0, isNewest: Self.usesNewestVersion(call)) }
            json.field("has_more", page.hasMore)
            json.field("first_id", page.models.first?.name)
            json.field("last_id", page.models.last?.name)
        }
    }

    @Sendable func showModel(_ call: Call) throws(Problem) -> SimAnswer {
        let name = call.captures["model"] ?? ""
        guard let model = servedModels.first(where: { $0.name == name }) else { throw .unknownModel(name) }
        var json = JSONWriter()
        Self.write(model, to: &json, isNewest: Self.usesNewestVersion(call))
        return SimAnswer(
            200, headers: [SimHeader("Content-Type", "application/json")] + Self.headers(call), body: .whole(json.bytes)
        )
    }

    /// `limit` 1 to 1000, 20 without it; `after_id` and `before_id` name a model of the neighbouring page.
    private func page(_ request: SimRequest) throws(Problem) -> (models: [SimModel], hasMore: Bool) {
        let limit = request.parameter("limit").map { Int($0) ?? 0 } ?? 20
        guard 1...1_000 ~= limit else {
            throw Self.invalid("limit: Input should be greater than or equal to 1 and less than or equal to 1000")
        }
        var rest = servedModels[...]
        if let after = request.parameter("after_id") {
            guard let at = rest.firstIndex(where: { $0.name == after }) else { throw .unknownModel(after) }
            rest = rest[(at + 1)...]
        }
        if let before = request.parameter("before_id") {
            guard let at = rest.firstIndex(where: { $0.name == before }) else { throw .unknownModel(before) }
            rest = rest[..<at].suffix(limit)
        }
        return (Array(rest.prefix(limit)), rest.count > limit)
    }

    /// The older version of the API shows only the first four members.
    private static func write(_ model: SimModel, to json: inout JSONWriter, isNewest: Bool) {
        let words = model.name.split(separator: "-")
        json.object {
            $0.field("type", "model")
            $0.field("id", model.name)
            $0.field("display_name", words.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(separator: " "))
            $0.field("created_at", "\(model.released)T00:00:00Z")
            guard isNewest else { return }
            $0.field("lifecycle", model.ends == nil ? "active" : "deprecated")
            $0.field("deprecated_at", model.ends.map { _ in "2026-05-30T00:00:00Z" })
            $0.field("retires_at", model.ends.map { "\($0)T00:00:00Z" })
            $0.field("max_input_tokens", model.context)
            $0.field("max_tokens", model.output)
            $0.field("capabilities", String?.none)
            $0.field("line", words.dropFirst().first.map { String($0) })
        }
    }
}
