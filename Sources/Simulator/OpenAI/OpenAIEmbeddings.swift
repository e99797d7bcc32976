import JSON

extension OpenAI {
    /// Numbers, or with `encoding_format: base64` the octets of 32-bit floats, which the vendor's SDK asks for.
    @Sendable func embed(_ call: Call) throws(Problem) -> SimAnswer {
        let body = try call.json()
        let model = try model(in: body, .embedding)
        let texts = try inputs(in: body)
        let dimensions = try dimensions(in: body, of: model)
        let format = body.given("encoding_format")?.string ?? "float"
        guard ["float", "base64"].contains(format) else {
            throw Self.invalid(
                "encoding_format", "invalid_value",
                "Invalid value: '\(format)'. Supported values are: 'float' and 'base64'.")
        }
        let tokens = texts.reduce(0) { $0 + max(1, Usage.words($1)) }
        return .json(headers: Self.headers(call)) { json in
            json.field("object", "list")
            json.key("data")
            json.array(texts.enumerated()) { json, item in
                let vector = Vector(of: item.element, dimensions: dimensions)
                json.object {
                    $0.field("object", "embedding")
                    $0.field("index", item.offset)
                    if format == "base64" {
                        $0.field("embedding", vector.base64)
                    } else {
                        $0.field("embedding", vector)
                    }
                }
            }
            json.field("model", reportedName(of: model, call))
            json.field("usage") {
                $0.field("prompt_tokens", tokens)
                $0.field("total_tokens", tokens)
            }
        }
    }

    private func inputs(in body: JSONValue) throws(Problem) -> [String] {
        let texts = body["input"]?.string.map { [$0] } ?? body["input"]?.array?.compactMap(\.string) ?? []
        let count = body["input"]?.array?.count ?? 1
        guard !texts.isEmpty, texts.count == count, count <= 2_048, texts.allSatisfy({ !$0.isEmpty }) else {
            throw Self.invalid("input", "invalid_type", "'$.input' is invalid. Please check the API reference.")
        }
        return texts
    }

    private func dimensions(in body: JSONValue, of model: SimModel) throws(Problem) -> Int {
        guard let wanted = body.given("dimensions") else { return model.output }
        guard model.traits.contains(.longerVectors) else {
            throw Self.invalid("dimensions", nil, "This model does not support specifying dimensions.")
        }
        guard let dimensions = wanted.int, 1...model.output ~= dimensions else {
            throw Self.invalid(
                "dimensions", nil,
                "Invalid value for 'dimensions' = \(wanted.number?.text ?? "?"). Must be less than or "
                    + "equal to \(model.output).")
        }
        return dimensions
    }
}
