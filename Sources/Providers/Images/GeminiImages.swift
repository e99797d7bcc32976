import Domain
import JSON

/// Pictures of the Gemini models that paint: generateContent with another kind of answer.
extension GeminiAdapter: ImageWire {
    package var defaultImageModel: String { "gemini-2.5-flash-image" }

    func imageCall(_ request: ImageRequest) -> WireRequest {
        .post(Self.generateContent(request.model)) { json in
            json.key("contents")
            json.array([request]) { json, request in
                json.object {
                    $0.field("role", "user")
                    Self.writeParts(request, to: &$0)
                }
            }
            json.field(
                "generationConfig",
                object: {
                    $0.field("responseModalities", array: ["TEXT", "IMAGE"])
                    guard request.aspectRatio != nil || request.size != nil else { return }
                    $0.field(
                        "imageConfig",
                        object: {
                            $0.fieldIfPresent("aspectRatio", request.aspectRatio)
                            $0.fieldIfPresent("imageSize", request.size)
                        })
                })
        }
    }

    private static func writeParts(_ request: ImageRequest, to json: inout JSONWriter) {
        json.key("parts")
        json.array([nil] + request.inputs.map(Optional.some)) { json, image in
            json.object {
                guard let image else { return $0.field("text", request.prompt) }
                $0.field(
                    "inlineData",
                    object: {
                        $0.field("mimeType", image.format.rawValue)
                        $0.field("data", image.base64)
                    })
            }
        }
    }

    /// Pictures and words are parts of one candidate, and so are pictures among the model's thoughts, which are not
    /// the result. What it was charged for, the vendor does not say.
    func imageReply(_ answer: JSONValue, requested: String) throws(AnswerProblem) -> ImageReply {
        let words = try reply(answer, requested: requested)
        let candidate = answer["candidates"]?[0] ?? .null
        let parts = (candidate["content"]?["parts"]?.array ?? []).filter { $0["thought"]?.bool != true }
        let sent = parts.compactMap { $0["inlineData"]?["data"] }
        let images = sent.compactMap { $0.string.flatMap { EncodedImage(base64: $0) } }
        let reason = candidate["finishReason"]?.string ?? ""
        return ImageReply(
            images: images, unreadableImages: sent.count - images.count, text: words.content, model: words.model,
            usage: words.usage,
            imageTokens: try Self.imageTokens(
                answer["usageMetadata"] ?? .null, of: words.usage, hasImages: !sent.isEmpty),
            isBlocked: sent.isEmpty && Self.contentReasons.contains(reason))
    }

    private static let contentReasons: Set<String> = [
        "SAFETY", "IMAGE_SAFETY", "PROHIBITED_CONTENT", "IMAGE_PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "RECITATION",
        "IMAGE_RECITATION",
    ]

    /// Without the details everything but the thoughts is taken for the picture.
    private static func imageTokens(
        _ usage: JSONValue, of tokens: TokenUsage, hasImages: Bool
    ) throws(AnswerProblem) -> Int {
        guard let details = usage["candidatesTokensDetails"]?.array else {
            return hasImages ? try usage.tokensIfPresent("candidatesTokenCount") : 0
        }
        var sum = 0
        for detail in details where detail["modality"]?.string == "IMAGE" {
            sum &+= try detail.tokensIfPresent("tokenCount")
        }
        return min(max(0, sum), tokens.completionTokens)
    }
}
