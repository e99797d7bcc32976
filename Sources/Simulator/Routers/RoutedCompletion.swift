import Domain
import JSON

/// A chat completion of a vendor that passes questions on to others, with a picture where the model paints. OpenRouter
/// and Requesty answer alike; what a call costs is in the answer.
struct RoutedCompletion {
    let call: Call
    let model: SimModel
    /// What the answer says that answered.
    let reported: String
    let reply: Reply
    let price: RouterPrice

    /// Tokens of one picture of these models, whatever its size.
    static let imageTokens = 1_290

    private static let roles = ["developer", "system", "user", "assistant", "tool"]

    /// Reads a request's messages; `refuse` makes the vendor's own words of what is wrong with them.
    static func texts(_ body: JSONValue, _ refuse: (String) -> Problem) throws(Problem) -> [String] {
        do throws(MessageFlaw) {
            return try Messages.texts(body["messages"], roles: roles)
        } catch {
            switch error {
            case .missing, .notAList: throw refuse("messages: Invalid input: expected array, received undefined")
            case .empty: throw refuse("messages: Input must have at least 1 message")
            case .badRole(let index, _): throw refuse("messages.\(index).role: Invalid input")
            case .noContent(let index): throw refuse("messages.\(index).content: Invalid input")
            }
        }
    }

    /// How the prompt orders the picture to end.
    private var course: JobTicket.Course? {
        Directives(in: String(decoding: call.request.body, as: UTF8.self)).job.flatMap { JobTicket.Course(name: $0) }
    }

    private var isPainted: Bool { model.kind == .image && course != .moderated }
    private var completion: Int { reply.usage.completion + (isPainted ? Self.imageTokens : 0) }

    var answer: SimAnswer {
        .json { json in
            json.field("id", call.id("gen-", length: 24))
            json.field("provider", "Google")
            json.field("model", reported)
            json.field("object", "chat.completion")
            json.field("created", Int(call.now.seconds))
            json.field("system_fingerprint", String?.none)
            json.key("choices")
            json.array([reply.text]) { json, text in
                json.object {
                    $0.field("logprobs", String?.none)
                    $0.field("finish_reason", finishReason)
                    $0.field("native_finish_reason", isPainted ? "STOP" : "IMAGE_SAFETY")
                    $0.field("index", 0)
                    $0.field("message") { writeMessage(text, to: &$0) }
                }
            }
            json.field("usage") { writeUsage(to: &$0) }
        }
    }

    private var finishReason: String {
        if model.kind == .image, !isPainted { return "content_filter" }
        return reply.isCut ? "length" : "stop"
    }

    private func writeMessage(_ text: String, to json: inout JSONWriter) {
        json.field("role", "assistant")
        json.field("content", text)
        json.field("refusal", String?.none)
        guard isPainted else { return }
        json.key("images")
        json.array([Picture.base64]) { json, picture in
            json.object {
                $0.field("type", "image_url")
                $0.field("image_url") { $0.field("url", "data:image/png;base64,\(picture)") }
                $0.field("index", 0)
            }
        }
    }

    private func writeUsage(to json: inout JSONWriter) {
        let usage = reply.usage
        json.field("prompt_tokens", usage.prompt)
        json.field("completion_tokens", completion)
        json.field("total_tokens", usage.prompt + completion)
        json.field("cost", number: cost)
        json.field("prompt_tokens_details") { $0.field("cached_tokens", usage.cached) }
        json.field("completion_tokens_details") {
            $0.field("reasoning_tokens", usage.thinking)
            $0.field("image_tokens", isPainted ? Self.imageTokens : 0)
        }
    }

    /// In dollars. Long prompts and cached tokens cost here what others do.
    private var cost: String {
        let image = isPainted ? Self.imageTokens * RouterPrice.image : 0
        return price.dollars(reply.usage.prompt * price.prompt + reply.usage.completion * price.completion + image)
    }
}
