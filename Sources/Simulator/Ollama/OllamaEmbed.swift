import JSON

extension Ollama {
    @Sendable func embed(_ call: Call) throws(Problem) -> SimAnswer {
        let body = try body(call)
        let model = try model(in: body, .embedding)
        let texts = body["input"]?.string.map { [$0] } ?? body["input"]?.array?.compactMap(\.string) ?? []
        guard texts.count == body["input"]?.array?.count ?? 1, texts.count <= 2_048 else {
            throw Self.invalid("invalid input type")
        }
        let dimensions = body.given("dimensions")?.int ?? model.output
        guard 1...model.output ~= dimensions else { throw Self.invalid("dimensions must be at most \(model.output)") }
        return .json { json in
            json.field("model", echoedName(in: body, of: model, call))
            json.field("embeddings", array: texts.map { Vector(of: $0, dimensions: dimensions) })
            json.field("total_duration", 14_143_917)
            json.field("load_duration", 1_019_500)
            json.field("prompt_eval_count", texts.reduce(0) { $0 + Usage.words($1) })
        }
    }

    /// The old form: one `prompt`, one `embedding`.
    @Sendable func embedOne(_ call: Call) throws(Problem) -> SimAnswer {
        let body = try body(call)
        let model = try model(in: body, .embedding)
        let vector = Vector(of: body["prompt"]?.string ?? "", dimensions: model.output)
        return .json { $0.field("embedding", vector) }
    }
}
