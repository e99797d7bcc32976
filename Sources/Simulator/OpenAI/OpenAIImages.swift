import Domain
import JSON

extension OpenAI {
    /// GPT image models always answer in base64; every image is the same small PNG.
    @Sendable func generateImages(_ call: Call) throws(Problem) -> SimAnswer {
        let body = try call.json()
        let model = try model(in: body, .image)
        guard let prompt = body["prompt"]?.string, !prompt.isEmpty else {
            throw Self.invalid("prompt", "missing_required_parameter", "Missing required parameter: 'prompt'.")
        }
        for name in ["response_format", "style"] where body.given(name) != nil {
            throw Self.invalid(name, "unknown_parameter", "Unknown parameter: '\(name)'.")
        }
        let count = body.given("n")?.int ?? 1
        guard model.kind == .image, 1...10 ~= count else {
            throw Self.invalid("n", "invalid_value", "Invalid 'n': expected a value between 1 and 10.")
        }
        return images(call, count: count, size: body.given("size")?.string, prompt: prompt)
    }

    private func images(_ call: Call, count: Int, size: String?, prompt: String) -> SimAnswer {
        let (text, image) = (Usage.words(prompt), 1_056 * count)
        return .json(headers: Self.headers(call)) { json in
            json.field("created", Int(call.now.seconds))
            json.key("data")
            json.array(0..<count) { json, _ in json.object { $0.field("b64_json", Picture.base64) } }
            json.field("size", size == nil || size == "auto" ? "1024x1024" : size)
            json.field("quality", "low")
            json.field("output_format", "png")
            json.field("usage") {
                $0.field("input_tokens", text)
                $0.field("input_tokens_details") {
                    $0.field("image_tokens", 0)
                    $0.field("text_tokens", text)
                }
                $0.field("output_tokens", image)
                $0.field("total_tokens", text + image)
            }
        }
    }
}
