import JSON

/// The catalogue. The bare names are aliases that the vendor's older guides use.
enum CohereModels {
    static let all: [SimModel] = [
        SimModel(name: "command-a-plus-05-2026", traits: [.refusesPenaltyPair], released: "2026-05-12"),
        SimModel(name: "command-a-03-2025", context: 256_000, traits: [.refusesPenaltyPair], released: "2025-03-13"),
        SimModel(name: "command-r7b-12-2024", traits: [.refusesPenaltyPair], released: "2024-12-13"),
        SimModel(name: "command-r-plus-08-2024", released: "2024-08-30"),
        SimModel(name: "command-r-08-2024", released: "2024-08-30"),
        SimModel(name: "command-r-plus", released: "2024-04-04"),
        SimModel(name: "command-r", released: "2024-03-11"),
        SimModel(
            name: "embed-v4.0", kind: .embedding, output: 1_536, traits: [.longerVectors], released: "2025-04-15"),
        SimModel(name: "embed-english-v3.0", kind: .embedding, context: 512, output: 1_024, released: "2023-11-02"),
        SimModel(
            name: "embed-multilingual-v3.0", kind: .embedding, context: 512, output: 1_024, released: "2023-11-02"),
        .retired("command"), .retired("command-light"), .retired("command-nightly"), .retired("command-light-nightly"),
    ]
}

extension Cohere {
    @Sendable func listModels(_ call: Call) throws(Problem) -> SimAnswer {
        let (models, next) = try page(call.request)
        return .json { json in
            json.key("models")
            json.array(models) { Self.write($1, to: &$0) }
            json.fieldIfPresent("next_page_token", next)
        }
    }

    @Sendable func showModel(_ call: Call) throws(Problem) -> SimAnswer {
        let name = call.captures["model"] ?? ""
        guard let model = servedModels.first(where: { $0.name == name }) else { throw .unknownModel(name) }
        var json = JSONWriter()
        Self.write(model, to: &json)
        return .whole(200, "application/json", String(decoding: json.bytes, as: UTF8.self))
    }

    /// `page_size` 1 to 1000, 20 without it; `endpoint` keeps the models that serve it.
    private func page(_ request: SimRequest) throws(Problem) -> ([SimModel], next: String?) {
        let size = request.parameter("page_size").map { Int($0) ?? 0 } ?? 20
        guard 1...1_000 ~= size else { throw Self.invalid("page_size must be between 1 and 1000 inclusive.") }
        let endpoint = request.parameter("endpoint")
        let models = servedModels.filter { endpoint == nil || Self.endpoint(of: $0) == endpoint }
        var rest = models[...]
        if let token = request.parameter("page_token"), !token.isEmpty {
            guard let at = models.firstIndex(where: { Self.token(for: $0) == token }) else {
                throw Self.invalid("page_token is not valid.")
            }
            rest = models[at...]
        }
        return (Array(rest.prefix(size)), rest.dropFirst(size).first.map { Self.token(for: $0) })
    }

    private static func token(for model: SimModel) -> String { String(SHA256.hex(model.name).prefix(20)) }

    private static func endpoint(of model: SimModel) -> String { model.kind == .embedding ? "embed" : "chat" }

    private static func write(_ model: SimModel, to json: inout JSONWriter) {
        json.object {
            $0.field("name", model.name)
            $0.field("is_deprecated", false)
            $0.field("endpoints", array: [endpoint(of: model)])
            $0.field("finetuned", false)
            $0.field("context_length", model.context)
            $0.field("tokenizer_url", "https://storage.googleapis.com/cohere-public/tokenizers/\(model.name).json")
            $0.field("default_endpoints", array: [String]())
            $0.field("features", array: model.kind == .chat ? ["tools", "json_mode"] : [])
        }
    }
}
