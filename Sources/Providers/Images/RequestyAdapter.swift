import Domain
import JSON
import Outbound

/// Requesty's pictures by chat completions. Errors are those of the vendor's own skills repository (June 2026); what
/// pictures look like is a third party's account of the vendor's page.
struct RequestyAdapter: ImageWire {
    let slug = "requesty"
    let displayName = "Requesty"
    let vendorEndpoint: String? = "https://router.requesty.ai/v1"
    let defaultImageModel = "google/gemini-2.5-flash-image"

    /// Among the cheapest of those that are not announced to end.
    private static let cheapModel = "google/gemini-2.5-flash-lite"

    func access(_ credential: Credentials, _ endpoint: ProviderEndpoint) throws(Failure) -> VendorAccess {
        try access(withKey: credential, endpoint) { [("Authorization", "Bearer " + $0.exposeText())] }
    }

    /// Its list of models needs no key, so one token of a cheap model is the price of certainty.
    func prove(_ call: VendorCall) throws(Failure) {
        let question = WireRequest.post("/chat/completions") {
            $0.field("model", Self.cheapModel)
            $0.field("messages", userMessage: "Hi")
            $0.field("max_tokens", 1)
        }
        try call.succeed(question) { answer throws(AnswerProblem) in
            guard answer["object"]?.string == "chat.completion", answer["choices"]?.array != nil else {
                throw .unexpectedShape
            }
        }
    }

    /// It has no member `modalities`.
    func imageCall(_ request: ImageRequest) -> WireRequest { ChatImages.call(request, modalities: []) }

    func imageReply(_ answer: JSONValue, requested: String) throws(AnswerProblem) -> ImageReply {
        try ChatImages.reply(answer, requested: requested)
    }

    func isSuccess(_ answer: ProviderAnswer) -> Bool {
        answer.isSuccess && answer.json?["error"]?.objectItself == nil
    }

    /// A bad key is a 403 like a model that the account's rules forbid; only the text tells them apart. In doubt it is
    /// not the key, which would be switched off.
    func vendorError(in answer: ProviderAnswer) -> VendorError {
        let error = answer.json?["error"] ?? .null
        let message = VendorMessage(error["message"])
        let isOwn = error["origin"]?.string != "provider"
        let status = answer.isSuccess ? error["code"]?.int ?? 500 : answer.status
        switch status {
        case 401: return VendorError(kind: isOwn ? .invalidCredential : .forbidden)
        case 402, 412: return VendorError(kind: .outOfMoney)
        case 403:
            let isKey = isOwn && message.contains("token", "api key", "apikey", "credential", "unauthenticated")
            return VendorError(kind: isKey ? .invalidCredential : .forbidden)
        case 404: return VendorError(kind: .gone)
        case 429: return VendorError(kind: .rateLimited)
        case 500..<600: return VendorError(kind: .overloaded)
        default: return VendorError(kind: answer.isSuccess ? .badRequest : nil)
        }
    }
}
