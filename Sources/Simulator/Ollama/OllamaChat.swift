import Domain
import JSON

extension Ollama {
    /// Streams unless told not to. Parameters are in `options`, where unknown ones are ignored.
    @Sendable func chat(_ call: Call) throws(Problem) -> SimAnswer {
        let body = try body(call)
        let model = try model(in: body, .chat)
        try checkOptions(body)
        let messages = try messages(in: body)
        let limit = body["options"]?["num_predict"]?.int
        let reply = Reply(from: displayName, to: messages, maxTokens: limit.flatMap { $0 > 0 ? $0 : nil })
        let chat = OllamaChat(call: call, model: echoedName(in: body, of: model, call), reply: reply)
        return body.given("stream")?.bool == false ? chat.whole : chat.stream
    }

    private func checkOptions(_ body: JSONValue) throws(Problem) {
        let floats = ["temperature", "top_p", "frequency_penalty", "presence_penalty", "repeat_penalty"]
        let options = body["options"]
        for name in floats where options?.given(name).map({ $0.double == nil }) == true {
            throw Self.invalid("option \"\(name)\" must be of type float32")
        }
        for name in ["num_predict", "num_ctx", "top_k", "seed"]
        where options?.given(name).map({ $0.double == nil }) == true {
            throw Self.invalid("option \"\(name)\" must be of type integer")
        }
    }

    private func messages(in body: JSONValue) throws(Problem) -> [String] {
        do throws(MessageFlaw) {
            return try Messages.texts(body["messages"], roles: ["system", "user", "assistant", "tool"])
        } catch {
            switch error {
            case .missing, .empty: throw Self.invalid("messages is required")
            case .notAList: throw Self.invalid("json: cannot unmarshal into field messages of type []api.Message")
            case .badRole(_, let role): throw Self.invalid("invalid role: \(role)")
            case .noContent: throw Self.invalid("json: cannot unmarshal into field content of type string")
            }
        }
    }
}

/// One answer in both of its forms. Durations are made up, in nanoseconds.
private struct OllamaChat {
    let call: Call
    let model: String
    let reply: Reply

    var whole: SimAnswer { .json { write(reply.text, isDone: true, to: &$0) } }

    /// One object a line; the last has no text but the counts.
    var stream: SimAnswer {
        let lines = reply.pieces.map { line($0, isDone: false) } + [line("", isDone: true)]
        return .stream("application/x-ndjson", lines)
    }

    private func line(_ text: String, isDone: Bool) -> [UInt8] {
        JSONWriter.object { write(text, isDone: isDone, to: &$0) } + [UInt8(ascii: "\n")]
    }

    private func write(_ text: String, isDone: Bool, to json: inout JSONWriter) {
        json.field("model", model)
        json.field("created_at", call.now.iso(.microseconds))
        json.field("message") {
            $0.field("role", "assistant")
            $0.field("content", text)
        }
        json.field("done", isDone)
        guard isDone else { return }
        json.field("done_reason", reply.isCut ? "length" : "stop")
        json.field("total_duration", 174_560_334)
        json.field("load_duration", 101_397_084)
        json.field("prompt_eval_count", reply.usage.prompt)
        json.field("prompt_eval_duration", 13_074_791)
        json.field("eval_count", reply.usage.completion)
        json.field("eval_duration", 52_479_709)
    }
}
