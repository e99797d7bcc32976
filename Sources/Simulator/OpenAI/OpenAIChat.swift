import Domain
import JSON

extension OpenAI {
    @Sendable func completeChat(_ call: Call) throws(Problem) -> SimAnswer {
        let body = try call.json()
        let model = try model(in: body, .chat)
        let messages = try messages(in: body)
        try OpenAIParameters.check(body, for: model)
        let limit = body.given("max_completion_tokens") ?? body.given("max_tokens")
        let reply = Reply(from: displayName, to: messages, maxTokens: limit?.int)
        let chat = OpenAIChat(call: call, model: reportedName(of: model, call), reply: reply)
        guard body["stream"]?.bool == true else { return chat.whole }
        return chat.stream(withUsage: body["stream_options"]?["include_usage"]?.bool == true)
    }

    private func messages(in body: JSONValue) throws(Problem) -> [String] {
        let roles = ["developer", "system", "user", "assistant", "tool", "function"]
        do throws(MessageFlaw) {
            return try Messages.texts(body["messages"], roles: roles)
        } catch {
            throw Self.problem(error, roles: roles)
        }
    }

    private static func problem(_ flaw: MessageFlaw, roles: [String]) -> Problem {
        switch flaw {
        case .missing:
            invalid("messages", "missing_required_parameter", "Missing required parameter: 'messages'.")
        case .notAList:
            invalid("messages", "invalid_type", "Invalid type for 'messages': expected an array of objects.")
        case .empty:
            invalid(
                "messages", "empty_array",
                "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead."
            )
        case .badRole(let index, let role):
            invalid(
                "messages[\(index)].role", "invalid_value",
                "Invalid value: '\(role)'. Supported values are: \(roles.map { "'\($0)'" }.joined(separator: ", ")).")
        case .noContent(let index):
            invalid(
                "messages.[\(index)].content", "invalid_type",
                "Invalid value for 'content': expected a string, got null.")
        }
    }
}

/// One completion in both of its forms.
private struct OpenAIChat {
    let call: Call
    let model: String
    let reply: Reply

    private var finishReason: String { reply.isCut ? "length" : "stop" }

    var whole: SimAnswer {
        .json(headers: OpenAI.headers(call)) { json in
            writeHead("chat.completion", to: &json)
            json.key("choices")
            json.array([reply.text]) { json, text in
                json.object {
                    $0.field("index", 0)
                    $0.field("message") {
                        $0.field("role", "assistant")
                        $0.field("content", text)
                        $0.field("refusal", String?.none)
                        $0.key("annotations")
                        $0.array([String]())
                    }
                    $0.field("logprobs", String?.none)
                    $0.field("finish_reason", finishReason)
                }
            }
            writeUsage(to: &json)
            json.field("service_tier", "default")
        }
    }

    /// The role comes first and the reason of the end last; with usage every chunk has the member, null but in one
    /// more chunk without choices.
    func stream(withUsage: Bool) -> SimAnswer {
        var parts = [
            chunk(withUsage: withUsage) {
                $0.field("role", "assistant"); $0.field("content", "")
            }
        ]
        parts += reply.pieces.map { piece in chunk(withUsage: withUsage) { $0.field("content", piece) } }
        parts.append(chunk(withUsage: withUsage, finish: finishReason) { _ in })
        if withUsage { parts.append(usageChunk) }
        parts.append(Array("data: [DONE]\n\n".utf8))
        return .stream(EventStream.contentType, headers: OpenAI.headers(call), parts)
    }

    private func chunk(
        withUsage: Bool, finish: String? = nil, _ delta: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        EventStream.event { json in
            writeHead("chat.completion.chunk", to: &json)
            json.key("choices")
            json.array([0]) { json, index in
                json.object {
                    $0.field("index", index)
                    $0.field("delta", object: delta)
                    $0.field("logprobs", String?.none)
                    $0.field("finish_reason", finish)
                }
            }
            if withUsage { json.field("usage", String?.none) }
        }
    }

    private var usageChunk: [UInt8] {
        EventStream.event { json in
            writeHead("chat.completion.chunk", to: &json)
            json.field("choices", array: [String]())
            writeUsage(to: &json)
        }
    }

    private func writeHead(_ object: String, to json: inout JSONWriter) {
        json.field("id", call.id("chatcmpl-", length: 29))
        json.field("object", object)
        json.field("created", Int(call.now.seconds))
        json.field("model", model)
        json.field("system_fingerprint", "fp_" + SHA256.hex(model).prefix(10))
    }

    /// Cached tokens are part of the prompt's, reasoning tokens of the completion's.
    private func writeUsage(to json: inout JSONWriter) {
        let usage = reply.usage
        json.field("usage") {
            $0.field("prompt_tokens", usage.prompt)
            $0.field("completion_tokens", usage.completion)
            $0.field("total_tokens", usage.total)
            $0.field("prompt_tokens_details") {
                $0.field("cached_tokens", usage.cached)
                $0.field("cache_write_tokens", usage.cacheWrite)
                $0.field("audio_tokens", 0)
            }
            $0.field("completion_tokens_details") {
                $0.field("reasoning_tokens", usage.thinking)
                $0.field("audio_tokens", 0)
                $0.field("accepted_prediction_tokens", 0)
                $0.field("rejected_prediction_tokens", 0)
            }
        }
    }
}
