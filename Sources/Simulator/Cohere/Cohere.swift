import JSON

/// The Cohere API, version 2, `https://api.cohere.com`.
struct Cohere: Vendor {
    let slug = "cohere"
    let displayName = "Cohere"
    let models = CohereModels.all

    var routes: [Route] {
        [
            .post("/v1/check-api-key", .keyCheck, .key, checkKey),
            .get("/v1/models", .models, .key, listModels),
            .get("/v1/models/{model}", .models, .key, showModel),
            .post("/v2/chat", .chat, .key, chat),
            .post("/v2/embed", .embeddings, .key, embed),
        ]
    }

    func key(of request: SimRequest) -> String? { request.bearerToken }

    @Sendable func checkKey(_ call: Call) throws(Problem) -> SimAnswer {
        .json { json in
            json.field("valid", true)
            json.field("organization_id", "00000000-0000-4000-8000-000000000002")
            json.field("owner_id", "00000000-0000-4000-8000-000000000003")
        }
    }

    static func invalid(_ message: String) -> Problem {
        .invalid(Refusal(message: "invalid request: \(message)", parameter: nil, code: nil))
    }

    /// A UUID made of the request's hash.
    static func uuid(_ id: String) -> String {
        var rest = id[...]
        return [8, 4, 4, 4, 12].map { length in
            defer { rest = rest.dropFirst(length) }
            return String(rest.prefix(length))
        }.joined(separator: "-")
    }

    /// The model that the body names, which must do that kind of work.
    func model(in body: JSONValue, _ kind: SimModel.Kind) throws(Problem) -> SimModel {
        guard let name = body["model"]?.string, !name.isEmpty else { throw Self.invalid("model is required") }
        return try model(name, kind)
    }
}
