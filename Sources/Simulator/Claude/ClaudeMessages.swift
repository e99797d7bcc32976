import JSON

extension Claude {
    @Sendable func createMessage(_ call: Call) throws(Problem) -> SimAnswer {
        let body = try call.json()
        let model = try model(in: body)
        let messages = try messages(in: body)
        try ClaudeParameters.check(body, for: model, isNewest: Self.usesNewestVersion(call))
        let reply = Reply(from: displayName, to: messages, maxTokens: body["max_tokens"]?.int)
        let message = ClaudeMessage(call: call, model: reportedName(of: model, call), reply: reply)
        return body["stream"]?.bool == true ? message.stream : message.whole
    }

    @Sendable func countTokens(_ call: Call) throws(Problem) -> SimAnswer {
        let body = try call.json()
        _ = try model(in: body)
        let count = Usage.prompt(try messages(in: body))
        return .json(headers: Self.headers(call)) { $0.field("input_tokens", count) }
    }

    private func model(in body: JSONValue) throws(Problem) -> SimModel {
        guard let name = body["model"]?.string else { throw Self.invalid("model: Field required") }
        return try model(name, .chat)
    }

    /// The texts, the system prompt first.
    private func messages(in body: JSONValue) throws(Problem) -> [String] {
        let system = body.given("system")?.plainText.map { [$0] } ?? []
        do throws(MessageFlaw) {
            return system + (try Messages.texts(body["messages"], roles: ["user", "assistant"]))
        } catch {
            switch error {
            case .missing: throw Self.invalid("messages: Field required")
            case .notAList: throw Self.invalid("messages: Input should be a valid array")
            case .empty: throw Self.invalid("messages: at least one message is required")
            case .badRole(let index, let role):
                throw Self.invalid(
                    "messages.\(index).role: Input should be 'user' or 'assistant', but was '\(role)'")
            case .noContent(let index): throw Self.invalid("messages.\(index).content: Field required")
            }
        }
    }
}

/// One message in both of its forms.
private struct ClaudeMessage {
    let call: Call
    let model: String
    let reply: Reply

    private var stopReason: String { reply.isCut ? "max_tokens" : "end_turn" }

    var whole: SimAnswer {
        .json(headers: Claude.headers(call)) { json in
            write(to: &json, texts: [reply.text], stopReason: stopReason, output: reply.usage.completion)
        }
    }

    /// The order of the events is fixed; the data repeats the event's name; nothing follows `message_stop`.
    var stream: SimAnswer {
        let opening = event("message_start") { json in
            json.field("message") { write(to: &$0, texts: [], stopReason: nil, output: 1) }
        }
        let start = event("content_block_start") { json in
            json.field("index", 0)
            json.field("content_block") {
                $0.field("type", "text")
                $0.field("text", "")
            }
        }
        let deltas = reply.pieces.map { piece in
            event("content_block_delta") { json in
                json.field("index", 0)
                json.field("delta") {
                    $0.field("type", "text_delta")
                    $0.field("text", piece)
                }
            }
        }
        // A ping may come at any time; after the first words it is in everybody's way.
        let parts = [opening, start] + deltas.prefix(1) + [event("ping") { _ in }] + deltas.dropFirst() + closing
        return .stream(EventStream.contentType, headers: Claude.headers(call), parts)
    }

    private var closing: [[UInt8]] {
        let delta = event("message_delta") { json in
            json.field("delta") {
                $0.field("stop_reason", stopReason)
                $0.field("stop_sequence", String?.none)
            }
            json.field("usage") { writeUsage(to: &$0, output: reply.usage.completion) }
        }
        return [event("content_block_stop") { $0.field("index", 0) }, delta, event("message_stop") { _ in }]
    }

    private func event(_ name: String, _ members: (inout JSONWriter) -> Void) -> [UInt8] {
        EventStream.event(name) { json in
            json.field("type", name)
            members(&json)
        }
    }

    private func write(to json: inout JSONWriter, texts: [String], stopReason: String?, output: Int) {
        json.field("id", call.id("msg_"))
        json.field("type", "message")
        json.field("role", "assistant")
        json.field("model", model)
        json.key("content")
        json.array(texts) { json, text in
            json.object {
                $0.field("type", "text")
                $0.field("text", text)
            }
        }
        json.field("stop_reason", stopReason)
        json.field("stop_sequence", String?.none)
        json.field("usage") { writeUsage(to: &$0, output: output) }
    }

    /// Here `input_tokens` excludes what was read from or written to the cache.
    private func writeUsage(to json: inout JSONWriter, output: Int) {
        let usage = reply.usage
        json.field("input_tokens", usage.prompt - usage.cached - usage.cacheWrite)
        json.field("cache_creation_input_tokens", usage.cacheWrite)
        json.field("cache_read_input_tokens", usage.cached)
        json.field("output_tokens", output)
        if usage.thinking > 0, output == usage.completion {
            json.field("output_tokens_details") { $0.field("thinking_tokens", usage.thinking) }
        }
        json.field("service_tier", "standard")
    }
}
