import JSON

/// The Gemini Developer API, `https://generativelanguage.googleapis.com`.
struct Gemini: Vendor {
    let slug = "gemini"
    let displayName = "Gemini"
    let models = GeminiModels.all

    /// The vendor's newer clients call `v1`, most others `v1beta`; what is simulated is the same in both.
    var routes: [Route] {
        ["/v1beta/models", "/v1/models"].flatMap { models -> [Route] in
            [
                .get(models, .models, .key, listModels),
                .get(models + "/{model}", .models, .key, showModel),
                .post(models + "/{model}:generateContent", .chat, .key, generateContent),
                .post(models + "/{model}:streamGenerateContent", .chat, .key, streamGenerateContent),
                .post(models + "/{model}:countTokens", .tokens, .key, countTokens),
                .post(models + "/{model}:embedContent", .embeddings, .key, embedContent),
                .post(models + "/{model}:batchEmbedContents", .embeddings, .key, batchEmbedContents),
            ]
        }
    }

    /// The header, or the `key` parameter, which still works but leaks into logs, or an access token.
    func key(of request: SimRequest) -> String? {
        [request.header("x-goog-api-key"), request.parameter("key"), request.bearerToken].compactMap { $0 }
            .first { !$0.isEmpty }
    }

    static func invalid(_ message: String) -> Problem {
        .invalid(Refusal(message: message, parameter: nil, code: nil))
    }

    /// Google accepts `max_output_tokens` for `maxOutputTokens` everywhere; handlers see the latter only.
    static func canonical(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let object):
            .object(
                JSONObject(object.members.map { JSONObject.Member(name: camel($0.name), value: canonical($0.value)) }))
        case .array(let elements): .array(elements.map(canonical))
        default: value
        }
    }

    private static func camel(_ name: String) -> String {
        let words = name.split(separator: "_")
        guard words.count > 1, let first = words.first else { return name }
        return first + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}
