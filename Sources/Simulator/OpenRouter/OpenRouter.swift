import JSON

/// OpenRouter, `https://openrouter.ai/api/v1`, as far as pictures and the questions about a key go.
struct OpenRouter: Vendor {
    let slug = "openrouter"
    let displayName = "OpenRouter"

    let models: [SimModel] = [
        SimModel(
            name: "google/gemini-2.5-flash-image", kind: .image, context: 32_768, output: 32_768,
            released: "2025-10-07"),
        SimModel(
            name: "google/gemini-3.1-flash-image", kind: .image, context: 65_536, output: 65_536,
            released: "2026-02-26"),
        SimModel(name: "google/gemini-2.5-flash-lite", context: 1_048_576, output: 65_535, released: "2025-07-22"),
        SimModel(name: "openai/gpt-5.4-mini", context: 400_000, output: 128_000, released: "2026-03-17"),
        .retired("google/gemini-2.0-flash-exp:free", .image),
    ]

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
            reply: Reply(from: displayName, to: texts, maxTokens: body["max_tokens"]?.int), percent: 100
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
