import Domain
import JSON

/// Pictures by way of chat completions, as OpenRouter began it and Requesty took it over.
enum ChatImages {
    /// `modalities` are named only where a vendor has the member.
    static func call(_ request: ImageRequest, modalities: [String]) -> WireRequest {
        .post("/chat/completions") { json in
            json.field("model", request.model)
            json.key("messages")
            json.array([request]) { json, request in
                json.object {
                    $0.field("role", "user")
                    writeContent(request, to: &$0)
                }
            }
            if !modalities.isEmpty { json.field("modalities", array: modalities) }
            guard request.aspectRatio != nil || request.size != nil else { return }
            json.field(
                "image_config",
                object: {
                    $0.fieldIfPresent("aspect_ratio", request.aspectRatio)
                    $0.fieldIfPresent("image_size", request.size)
                })
        }
    }

    private static func writeContent(_ request: ImageRequest, to json: inout JSONWriter) {
        guard !request.inputs.isEmpty else { return json.field("content", request.prompt) }
        json.key("content")
        json.array([nil] + request.inputs.map(Optional.some)) { json, image in
            json.object {
                guard let image else {
                    $0.field("type", "text")
                    return $0.field("text", request.prompt)
                }
                $0.field("type", "image_url")
                $0.field("image_url", object: { $0.field("url", image.dataURL) })
            }
        }
    }

    /// `usage.cost` is what was charged, in dollars.
    static func reply(_ answer: JSONValue, requested: String) throws(AnswerProblem) -> ImageReply {
        guard answer["object"]?.string == "chat.completion", let choice = answer["choices"]?[0],
            let message = choice["message"], message.object != nil
        else { throw .unexpectedShape }
        let sent = message["images"]?.array ?? []
        let images = sent.compactMap { $0["image_url"]?["url"]?.string.flatMap(EncodedImage.init(dataURL:)) }
        let usage = try answer.require("usage", \.objectItself)
        let prompt = usage["prompt_tokens_details"] ?? .null
        let completion = usage["completion_tokens_details"] ?? .null
        let tokens = try TokenUsage.checked(
            prompt: try usage.tokens("prompt_tokens"), cached: try prompt.tokensIfPresent("cached_tokens"),
            cacheWrite: try prompt.tokensIfPresent("cache_write_tokens"),
            completion: try usage.tokens("completion_tokens"))
        return ImageReply(
            images: images, unreadableImages: sent.count - images.count, text: message["content"]?.string ?? "",
            model: answer.model("model", requested: requested),
            usage: tokens,
            imageTokens: min(
                try completion.imageTokens("image_tokens", of: tokens, hasImages: !sent.isEmpty),
                tokens.completionTokens),
            cost: usage["cost"]?.decimal().flatMap { $0.isNegative ? nil : ReportedMoney(amount: $0, currency: "USD") },
            isBlocked: choice["finish_reason"]?.string == "content_filter" && sent.isEmpty)
    }
}

extension JSONValue {
    /// How many tokens the pictures are made of; all of the answer's where that is not told, since these models are
    /// asked for a picture and nothing else.
    fileprivate func imageTokens(
        _ name: String, of usage: TokenUsage, hasImages: Bool
    ) throws(AnswerProblem) -> Int {
        guard let value = self[name], !value.isNull else { return hasImages ? usage.completionTokens : 0 }
        return try tokens(name)
    }
}

extension ExactDecimalSum {
    /// Whether it is below zero.
    var isNegative: Bool { text.utf8.first == UInt8(ascii: "-") }
}
