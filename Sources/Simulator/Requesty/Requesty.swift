import Domain
import JSON

/// Requesty, `https://router.requesty.ai/v1`, as far as pictures go.
struct Requesty: Vendor {
    let slug = "requesty"
    let displayName = "Requesty"

    let models: [SimModel] = [
        SimModel(
            name: "google/gemini-2.5-flash-image", kind: .image, context: 32_768, output: 32_768,
            released: "2025-10-07"),
        SimModel(
            name: "google/gemini-3.1-flash-image", kind: .image, context: 65_536, output: 65_536,
            released: "2026-02-26"),
        SimModel(name: "google/gemini-2.5-flash-lite", context: 1_048_576, output: 65_535, released: "2025-07-22"),
        SimModel(name: "openai/gpt-5.4-mini", context: 400_000, output: 128_000, released: "2026-03-17"),
        .retired("google/gemini-2.0-flash-exp", .image),
    ]

    var routes: [Route] {
        [
            .get("/v1/models", .models, .open, listModels),
            .post("/v1/chat/completions", .chat, .key, complete),
            .post("/v1/images/generations", .images, .key, paint),
        ]
    }

    func key(of request: SimRequest) -> String? { request.bearerToken }

    @Sendable func complete(_ call: Call) throws(Problem) -> SimAnswer {
        let body = try call.json()
        let model = try model(in: body)
        let texts = try RoutedCompletion.texts(body, Self.invalid)
        guard body.given("modalities") == nil else { throw Self.invalid("modalities: unknown field") }
        if Directives(in: String(decoding: call.request.body, as: UTF8.self)).job == "failed" { throw .overloaded }
        return RoutedCompletion(
            call: call, model: model, reported: reportedName(of: model, call),
            reply: Reply(from: displayName, to: texts, maxTokens: body["max_tokens"]?.int), percent: 105
        ).answer
    }

    /// The other way to a picture, in OpenAI's shape.
    @Sendable func paint(_ call: Call) throws(Problem) -> SimAnswer {
        let body = try call.json()
        guard try model(in: body).kind == .image else { throw .wrongKindOfModel(body["model"]?.string ?? "") }
        guard let prompt = body["prompt"]?.string, !prompt.isEmpty else { throw Self.invalid("prompt is required") }
        return .json { json in
            json.field("created", Int(call.now.seconds))
            json.key("data")
            json.array([Picture.base64]) { json, picture in json.object { $0.field("b64_json", picture) } }
        }
    }

    private func model(in body: JSONValue) throws(Problem) -> SimModel {
        guard let name = body["model"]?.string, !name.isEmpty else { throw Self.invalid("model is required") }
        guard let model = servedModels.first(where: { $0.name == name }) else { throw .unknownModel(name) }
        return model
    }

    static func invalid(_ message: String) -> Problem {
        .invalid(Refusal(message: message, parameter: nil, code: nil))
    }

    /// Without a key, like the vendor: it proves nothing. Prices are numbers, dollars for one token.
    @Sendable func listModels(_ call: Call) throws(Problem) -> SimAnswer {
        .json { json in
            json.field("object", "list")
            json.key("data")
            json.array(servedModels) { json, model in
                json.object {
                    $0.field("id", model.name)
                    $0.field("object", "model")
                    $0.field("created", model.releasedSeconds)
                    $0.field("owned_by", "system")
                    $0.field("api", "chat")
                    $0.field("context_window", model.context)
                    $0.field("max_output_tokens", model.output)
                    $0.key("input_price")
                    $0.raw("0.0000003")
                    $0.key("output_price")
                    $0.raw("0.0000025")
                    $0.field("supports_image_generation", model.kind == .image)
                    $0.field("description", "A simulated model")
                }
            }
        }
    }
}
