import JSON

extension Gemini {
    @Sendable func embedContent(_ call: Call) throws(Problem) -> SimAnswer {
        let model = try model(call.captures["model"] ?? "", .embedding)
        let vector = try vector(for: Self.canonical(try call.json()), model)
        return .json { json in json.field("embedding") { $0.field("values", vector) } }
    }

    @Sendable func batchEmbedContents(_ call: Call) throws(Problem) -> SimAnswer {
        let model = try model(call.captures["model"] ?? "", .embedding)
        guard let requests = Self.canonical(try call.json())["requests"]?.array, 1...100 ~= requests.count else {
            throw Self.invalid(
                "* BatchEmbedContentsRequest.requests: at least one and at most 100 requests can be in one batch")
        }
        var vectors: [Vector] = []
        for request in requests { vectors.append(try vector(for: request, model)) }
        return .json { json in
            json.key("embeddings")
            json.array(vectors) { json, vector in json.object { $0.field("values", vector) } }
        }
    }

    private func vector(for request: JSONValue, _ model: SimModel) throws(Problem) -> Vector {
        guard let text = request["content"]?["parts"]?.plainText, !text.isEmpty else {
            throw Self.invalid("* EmbedContentRequest.content: contents is not specified")
        }
        let dimensions = request.given("outputDimensionality").map { $0.int ?? 0 } ?? model.output
        guard 1...model.output ~= dimensions else {
            throw Self.invalid("* EmbedContentRequest.output_dimensionality: must be between 1 and \(model.output)")
        }
        return Vector(of: text, dimensions: dimensions)
    }
}
