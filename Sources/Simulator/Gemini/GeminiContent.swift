import JSON

extension Gemini {
    @Sendable func generateContent(_ call: Call) throws(Problem) -> SimAnswer {
        let content = try content(call)
        return .json { content.write(content.reply.text, isLast: true, to: &$0) }
    }

    /// Server-sent events with `alt=sse`, else the elements of one JSON array. Neither has a closing mark.
    @Sendable func streamGenerateContent(_ call: Call) throws(Problem) -> SimAnswer {
        let content = try content(call)
        let pieces = content.reply.pieces.enumerated()
        let last = content.reply.pieces.count - 1
        let isEvents = call.request.parameter("alt") == "sse"
        let parts = pieces.map { at, piece in
            if isEvents { return EventStream.event { content.write(piece, isLast: at == last, to: &$0) } }
            let object = JSONWriter.object { content.write(piece, isLast: at == last, to: &$0) }
            return Array((at == 0 ? "[" : ",\n").utf8) + object + Array((at == last ? "]" : "").utf8)
        }
        return .stream(isEvents ? "text/event-stream" : "application/json; charset=UTF-8", parts)
    }

    @Sendable func countTokens(_ call: Call) throws(Problem) -> SimAnswer {
        let body = Self.canonical(try call.json())
        let request = body.given("generateContentRequest") ?? body
        let count = Usage.prompt(try texts(in: request))
        return .json { $0.field("totalTokens", count) }
    }

    private func content(_ call: Call) throws(Problem) -> GeminiContent {
        let name = call.captures["model"] ?? ""
        let isImage = models.contains { $0.name == name && $0.kind == .image }
        let model = try model(name, isImage ? .image : .chat)
        let body = Self.canonical(try call.json())
        let texts = try texts(in: body)
        try GeminiParameters.check(body, for: model)
        let limit = body["generationConfig"]?["maxOutputTokens"]?.int
        let reply = Reply(from: displayName, to: texts, maxTokens: limit)
        let isPainted = isImage && !Self.isHeldBack(call)
        return GeminiContent(
            call: call, model: reportedName(of: model, call), reply: reply, isImage: isImage,
            picture: isPainted ? Picture.base64 : nil)
    }

    /// Whether the prompt orders a picture that the content rules stop.
    private static func isHeldBack(_ call: Call) -> Bool {
        Directives(in: String(decoding: call.request.body, as: UTF8.self)).job == "moderated"
    }

    /// The texts of the contents, the system instruction first.
    private func texts(in body: JSONValue) throws(Problem) -> [String] {
        guard let contents = body["contents"]?.array, !contents.isEmpty else {
            throw Self.invalid("* GenerateContentRequest.contents: contents is not specified")
        }
        var texts = body.given("systemInstruction")?["parts"]?.plainText.map { [$0] } ?? []
        for (index, content) in contents.enumerated() {
            guard ["user", "model"].contains(content.given("role")?.string ?? "user") else {
                throw Self.invalid("Please use a valid role: user, model.")
            }
            guard let parts = content["parts"], let text = parts.plainText, parts.array?.isEmpty == false else {
                throw Self.invalid(
                    "* GenerateContentRequest.contents[\(index)].parts: contents.parts must not be empty.")
            }
            texts.append(text)
        }
        return texts
    }
}

/// One response, whole or a part of a stream.
private struct GeminiContent {
    let call: Call
    let model: String
    let reply: Reply
    let isImage: Bool
    /// What an image model adds to its text; nil when it is held back.
    let picture: String?

    /// Tokens of one picture of these models, whatever its size.
    private var imageTokens: Int { picture == nil ? 0 : 1_290 }

    private var finishReason: String {
        if isImage, picture == nil { return "IMAGE_SAFETY" }
        return reply.isCut ? "MAX_TOKENS" : "STOP"
    }

    func write(_ text: String, isLast: Bool, to json: inout JSONWriter) {
        json.key("candidates")
        json.array([text]) { json, text in
            json.object {
                $0.field("content") {
                    $0.key("parts")
                    $0.array([text]) { json, text in writeParts(text, isLast: isLast, to: &json) }
                    $0.field("role", "model")
                }
                if isLast { $0.field("finishReason", finishReason) }
                $0.field("index", 0)
            }
        }
        writeUsage(to: &json)
        json.field("modelVersion", model)
        json.field("responseId", call.id("", length: 22))
    }

    private func writeParts(_ text: String, isLast: Bool, to json: inout JSONWriter) {
        json.object { $0.field("text", text) }
        guard let picture, isLast else { return }
        json.object {
            $0.field("inlineData") {
                $0.field("mimeType", "image/png")
                $0.field("data", picture)
            }
        }
    }

    /// Thoughts are counted beside the candidates here, and the total is the sum of all.
    private func writeUsage(to json: inout JSONWriter) {
        let usage = reply.usage
        json.field("usageMetadata") {
            $0.field("promptTokenCount", usage.prompt)
            $0.field("candidatesTokenCount", usage.completion - usage.thinking + imageTokens)
            $0.field("totalTokenCount", usage.total + imageTokens)
            $0.fieldIfPresent("cachedContentTokenCount", usage.cached > 0 ? usage.cached : nil)
            $0.fieldIfPresent("thoughtsTokenCount", usage.thinking > 0 ? usage.thinking : nil)
            guard picture != nil else { return }
            $0.key("candidatesTokensDetails")
            $0.array([imageTokens]) { json, tokens in
                json.object {
                    $0.field("modality", "IMAGE")
                    $0.field("tokenCount", tokens)
                }
            }
        }
    }
}
