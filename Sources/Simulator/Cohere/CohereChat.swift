import JSON

extension Cohere {
    @Sendable func chat(_ call: Call) throws(Problem) -> SimAnswer {
        let body = try call.json()
        let model = try model(in: body, .chat)
        let messages = try messages(in: body)
        try CohereParameters.check(body, for: model)
        let reply = Reply(from: displayName, to: messages, maxTokens: body.given("max_tokens")?.int)
        let chat = CohereChat(id: Self.uuid(call.id), reply: reply)
        return body["stream"]?.bool == true ? chat.stream : chat.whole
    }

    private func messages(in body: JSONValue) throws(Problem) -> [String] {
        do throws(MessageFlaw) {
            return try Messages.texts(body["messages"], roles: ["system", "user", "assistant", "tool"])
        } catch {
            switch error {
            case .missing, .empty: throw Self.invalid("messages must be at least 1 message long.")
            case .notAList: throw Self.invalid("messages must be an array.")
            case .badRole(let index, let role):
                throw Self.invalid("messages[\(index)].role '\(role)' is not one of system, user, assistant, tool.")
            case .noContent(let index): throw Self.invalid("messages[\(index)].content must not be empty.")
            }
        }
    }
}

/// One reply in both of its forms. Neither says which model answered.
private struct CohereChat {
    let id: String
    let reply: Reply

    private var finishReason: String { reply.isCut ? "MAX_TOKENS" : "COMPLETE" }

    var whole: SimAnswer {
        .json { json in
            json.field("id", id)
            json.field("message") {
                $0.field("role", "assistant")
                $0.key("content")
                $0.array([reply.text]) { json, text in
                    json.object {
                        $0.field("type", "text")
                        $0.field("text", text)
                    }
                }
            }
            json.field("finish_reason", finishReason)
            writeUsage(to: &json)
        }
    }

    var stream: SimAnswer {
        let opening = event("message-start") { json in
            json.field("id", id)
            json.field("delta") { $0.field("message") { $0.field("role", "assistant") } }
        }
        let start = content("content-start") {
            $0.field("type", "text")
            $0.field("text", "")
        }
        let deltas = reply.pieces.map { piece in content("content-delta") { $0.field("text", piece) } }
        let end = event("message-end") { json in
            json.field("delta") {
                $0.field("finish_reason", finishReason)
                writeUsage(to: &$0)
            }
        }
        return .stream(
            "text/event-stream", [opening, start] + deltas + [event("content-end") { $0.field("index", 0) }, end])
    }

    private func content(_ type: String, _ members: (inout JSONWriter) -> Void) -> [UInt8] {
        event(type) { json in
            json.field("index", 0)
            json.field("delta") { $0.field("message") { $0.field("content", object: members) } }
        }
    }

    private func event(_ type: String, _ members: (inout JSONWriter) -> Void) -> [UInt8] {
        EventStream.event(type) { json in
            json.field("type", type)
            members(&json)
        }
    }

    /// What is billed are `billed_units`; the real vendor's `tokens` are a little more, for its own preamble.
    private func writeUsage(to json: inout JSONWriter) {
        let usage = reply.usage
        json.field("usage") {
            $0.field("billed_units") {
                $0.field("input_tokens", usage.prompt)
                $0.field("output_tokens", usage.completion)
            }
            $0.field("tokens") {
                $0.field("input_tokens", usage.prompt)
                $0.field("output_tokens", usage.completion)
            }
            $0.field("cached_tokens", usage.cached)
        }
    }
}
