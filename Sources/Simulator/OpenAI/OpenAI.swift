import JSON

/// The OpenAI API, `https://api.openai.com/v1`.
struct OpenAI: Vendor {
    let slug = "openai"
    let displayName = "OpenAI"
    let models = OpenAIModels.all

    var routes: [Route] {
        [
            .get("/v1/models", .models, .key, listModels),
            .get("/v1/models/{model}", .models, .key, showModel),
            .post("/v1/chat/completions", .chat, .key, completeChat),
            .post("/v1/embeddings", .embeddings, .key, embed),
            .post("/v1/images/generations", .images, .key, generateImages),
        ]
    }

    func key(of request: SimRequest) -> String? { request.bearerToken }

    /// What every good answer carries beside its body.
    static func headers(_ call: Call) -> [SimHeader] {
        [
            SimHeader("x-request-id", call.id("req_", length: 32)),
            SimHeader("openai-version", "2020-10-01"),
            SimHeader("x-ratelimit-limit-requests", "500"),
            SimHeader("x-ratelimit-remaining-requests", "499"),
            SimHeader("x-ratelimit-reset-requests", "120ms"),
        ]
    }

    /// A refusal of one parameter.
    static func invalid(_ parameter: String?, _ code: String?, _ message: String) -> Problem {
        .invalid(Refusal(message: message, parameter: parameter, code: code))
    }

    /// The model that the body names, which must do that kind of work.
    func model(in body: JSONValue, _ kind: SimModel.Kind) throws(Problem) -> SimModel {
        guard let name = body["model"]?.string, !name.isEmpty else {
            throw Self.invalid(nil, nil, "you must provide a model parameter")
        }
        return try model(name, kind)
    }
}
