import Domain
import JSON

/// Requesty, `https://router.requesty.ai/v1`, as far as pictures go.
struct Requesty: Vendor {
    let slug = "requesty"
    let displayName = "Requesty"

    let models = RouterModels.all + [.retired("google/gemini-2.0-flash-exp", .image)]

    /// The vendors' prices and five percent.
    static func price(of model: SimModel) -> RouterPrice { RouterModels.price(of: model.name).taking(percent: 105) }

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
            reply: Reply(from: displayName, to: texts, maxTokens: body["max_tokens"]?.int), price: Self.price(of: model)
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
            json.array(servedModels) { json, model in json.object { Self.write(model, to: &$0) } }
        }
    }

    private static func write(_ model: SimModel, to json: inout JSONWriter) {
        let price = price(of: model)
        json.field("id", model.name)
        json.field("object", "model")
        json.field("created", model.releasedSeconds)
        json.field("owned_by", "system")
        json.field("api", "chat")
        json.field("context_window", model.context)
        json.field("max_output_tokens", model.output)
        json.field("input_price", number: price.dollars(price.prompt))
        json.field("output_price", number: price.dollars(price.completion))
        json.field("cached_price", number: price.dollars(price.cached ?? 0))
        json.field("caching_price", 0)
        json.key("pricing")
        json.array(bands(price)) { json, band in
            json.object {
                $0.field("prompt_tokens_threshold", band.above)
                $0.field("input_price", number: price.dollars(band.prompt))
                $0.field("output_price", number: price.dollars(band.completion))
            }
        }
        json.field("supports_image_generation", model.kind == .image)
        json.field("description", "A simulated model")
    }

    private static func bands(_ price: RouterPrice) -> [(above: Int, prompt: Int, completion: Int)] {
        let ordinary = [(above: 0, prompt: price.prompt, completion: price.completion)]
        guard let prompt = price.longPrompt, let completion = price.longCompletion else { return ordinary }
        return ordinary + [(RouterPrice.longestOrdinaryPrompt, prompt, completion)]
    }
}
