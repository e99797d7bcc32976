import JSON

/// OpenRouter, `https://openrouter.ai/api/v1`, as far as pictures and the questions about a key go.
struct OpenRouter: Vendor {
    let slug = "openrouter"
    let displayName = "OpenRouter"

    /// The one that picks a model for each question itself; what it costs depends on that.
    static let picker = SimModel(name: "openrouter/auto", context: 2_000_000, released: "2023-11-08")

    let models = RouterModels.all + [picker, .retired("google/gemini-2.0-flash-exp:free", .image)]

    var routes: [Route] {
        [
            .get("/api/v1/models", .models, .open, listModels),
            .get("/api/v1/key", .keyCheck, .key, showKey),
            .get("/api/v1/credits", .balance, .key, showCredits),
            .post("/api/v1/chat/completions", .chat, .key, complete),
        ]
    }

    func key(of request: SimRequest) -> String? { request.bearerToken }

    @Sendable func complete(_ call: Call) throws(Problem) -> SimAnswer {
        let body = try call.json()
        guard let name = body["model"]?.string, !name.isEmpty else { throw Self.invalid("No models provided") }
        guard let model = models.first(where: { $0.name == name }) else {
            throw Self.invalid("\(name) is not a valid model ID")
        }
        guard !model.isRetired else { throw .retiredModel(name) }
        let texts = try RoutedCompletion.texts(body, Self.invalid)
        guard model.kind == .chat || body["modalities"]?.array?.contains(.string("image")) == true else {
            throw Self.invalid("This model paints when modalities name it")
        }
        if Directives(in: String(decoding: call.request.body, as: UTF8.self)).job == "failed" { return Self.failed }
        return RoutedCompletion(
            call: call, model: model, reported: reportedName(of: model, call),
            reply: Reply(from: displayName, to: texts, maxTokens: body["max_tokens"]?.int),
            price: RouterModels.price(of: model.name)
        ).answer
    }

    static func invalid(_ message: String) -> Problem {
        .invalid(Refusal(message: message, parameter: nil, code: nil))
    }

    /// A model that failed after it had begun: the head has been sent by then, so the status says nothing of it.
    private static var failed: SimAnswer {
        .json(200) { json in
            json.field("error") {
                $0.field("code", 502)
                $0.field("message", "Provider returned error")
                $0.field("metadata") {
                    $0.field("error_type", "provider_error")
                    $0.field("provider_name", "Google")
                }
            }
        }
    }
}
