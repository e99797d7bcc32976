import JSON

/// Pictures and music, which are answered at once. What a prompt orders with `[[job …]]` happens at once too.
extension MiniMax {
    @Sendable func makeImage(_ call: Call) throws(Problem) -> SimAnswer {
        let body = try call.json()
        let job = try made(body, .image, call)
        let count = body.given("n").map { $0.int ?? 0 } ?? 1
        guard 1...9 ~= count else { throw Self.invalid("invalid params, n must be 1 to 9") }
        let isEncoded = body["response_format"]?.string == "base64"
        return .json { json in
            json.field("id", job.id)
            json.field("data") { json in
                let picture = isEncoded ? Picture.base64 : result(of: job, call)
                let pictures = [String](repeating: picture, count: count)
                json.field(isEncoded ? "image_base64" : "image_urls", array: pictures)
            }
            json.field("metadata") {
                $0.field("success_count", String(count))
                $0.field("failed_count", "0")
            }
            Self.write(code: 0, "success", to: &json)
        }
    }

    @Sendable func makeMusic(_ call: Call) throws(Problem) -> SimAnswer {
        let body = try call.json()
        let job = try made(body, .audio, call)
        let isLink = body["output_format"]?.string == "url"
        return .json { json in
            json.field("data") {
                $0.field("audio", isLink ? result(of: job, call) : "73696d756c61746564")
                $0.field("status", 2)
            }
            json.field("extra_info") { $0.field("music_duration", 30_000) }
            json.field("trace_id", job.id)
            Self.write(code: 0, "success", to: &json)
        }
    }

    /// The job is finished from its beginning, so that its result can be fetched.
    private func made(_ body: JSONValue, _ kind: SimModel.Kind, _ call: Call) throws(Problem) -> Job {
        guard let name = body["model"]?.string else { throw Self.invalid("invalid params, model is required") }
        let model = try model(name, kind)
        guard let prompt = body["prompt"]?.string, !prompt.isEmpty else {
            throw Self.invalid("invalid params, prompt is required")
        }
        switch ordered(call) {
        case .failed: throw .serverError
        case .moderated: throw .invalid(Refusal(message: "input new_sensitive", parameter: nil, code: "1026"))
        case .usual, .endless, .instant: return submitted(model, .instant, call)
        }
    }
}
