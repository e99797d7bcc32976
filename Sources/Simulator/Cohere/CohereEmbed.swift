import JSON

extension Cohere {
    private static let inputTypes = ["search_document", "search_query", "classification", "clustering", "image"]

    @Sendable func embed(_ call: Call) throws(Problem) -> SimAnswer {
        let body = try call.json()
        let model = try model(in: body, .embedding)
        guard let type = body["input_type"]?.string, Self.inputTypes.contains(type) else {
            throw Self.invalid("input_type must be one of \(Self.inputTypes.joined(separator: ", ")).")
        }
        guard body["embedding_types"]?.array.map({ $0 == [.string("float")] }) ?? true else {
            throw Self.invalid("the simulator has embedding_types [\"float\"] only.")
        }
        let texts = body["texts"]?.array?.compactMap(\.string) ?? []
        guard !texts.isEmpty, texts.count == body["texts"]?.array?.count, texts.count <= 96 else {
            throw Self.invalid("texts must be an array of 1 to 96 strings.")
        }
        return answer(texts, dimensions: try dimensions(in: body, of: model), id: Self.uuid(call.id))
    }

    private func dimensions(in body: JSONValue, of model: SimModel) throws(Problem) -> Int {
        guard let wanted = body.given("output_dimension") else { return model.output }
        guard model.traits.contains(.longerVectors), let size = wanted.int, [256, 512, 1_024, 1_536].contains(size)
        else {
            throw Self.invalid("output_dimension must be one of 256, 512, 1024, 1536, for embed-v4 and newer.")
        }
        return size
    }

    private func answer(_ texts: [String], dimensions: Int, id: String) -> SimAnswer {
        .json { json in
            json.field("id", id)
            json.field("embeddings") {
                $0.field("float", array: texts.map { Vector(of: $0, dimensions: dimensions) })
            }
            json.field("texts", array: texts)
            json.field("meta") {
                $0.field("api_version") { $0.field("version", "2") }
                $0.field("billed_units") { $0.field("input_tokens", texts.reduce(0) { $0 + Usage.words($1) }) }
            }
            json.field("response_type", "embeddings_by_type")
        }
    }
}
