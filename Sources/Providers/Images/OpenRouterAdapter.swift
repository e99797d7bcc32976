import Domain
import JSON
import Outbound

/// OpenRouter's pictures by chat completions. Shapes are those of the vendor's SDK 1.3.84 and its guide to errors.
struct OpenRouterAdapter: ImageWire {
    let slug = "openrouter"
    let displayName = "OpenRouter"
    let vendorEndpoint: String? = "https://openrouter.ai/api/v1"
    let defaultImageModel = "google/gemini-2.5-flash-image"

    func access(_ credential: Credentials, _ endpoint: ProviderEndpoint) throws(Failure) -> VendorAccess {
        try access(withKey: credential, endpoint) { [("Authorization", "Bearer " + $0.exposeText())] }
    }

    /// The list of models is public; what a key may spend is not.
    func prove(_ call: VendorCall) throws(Failure) {
        try call.succeed(.get("/key")) { answer throws(AnswerProblem) in
            let key = try answer.require("data", \.objectItself)
            guard key["label"]?.string != nil, key["usage"]?.number != nil else { throw .unexpectedShape }
        }
    }

    func imageCall(_ request: ImageRequest) -> WireRequest {
        ChatImages.call(request, modalities: ["image", "text"])
    }

    func imageReply(_ answer: JSONValue, requested: String) throws(AnswerProblem) -> ImageReply {
        try ChatImages.reply(answer, requested: requested)
    }

    /// Once a model has started, its failure comes with status 200.
    func isSuccess(_ answer: ProviderAnswer) -> Bool { answer.isSuccess && Self.error(in: answer) == nil }

    /// What was bought less what was used. Only a management key may see it.
    func balance(
        _ credential: Credentials, at endpoint: ProviderEndpoint, with client: HTTPClient
    ) throws(Failure) -> ReportedBalance? {
        let call = VendorCall(self, try access(credential, endpoint), endpoint, client)
        let answer = try call.send(.get("/credits"))
        if answer.status == 403, answer.json?["error"]?.object != nil { return nil }
        guard isSuccess(answer) else { throw call.failure(answer) }
        return try call.read(answer) { json throws(AnswerProblem) in
            let data = try json.require("data", \.objectItself)
            let bought = try data.require("total_credits") { $0.decimal() }
            let used = try data.require("total_usage") { $0.decimal() }
            guard let left = bought.minus(used) else { throw .unexpectedShape }
            return ReportedMoney(amount: left, currency: "USD")
        }
    }

    /// The code in the body is the status that the answer should have had.
    func vendorError(in answer: ProviderAnswer) -> VendorError {
        guard let error = Self.error(in: answer) else { return VendorError() }
        let metadata = error["metadata"] ?? .null
        let type = metadata["error_type"]?.string ?? ""
        if metadata["reasons"]?.array != nil || ["moderation", "content_policy"].contains(type) {
            return VendorError(kind: .badRequest, isModeration: true)
        }
        let isBusy =
            metadata["limit_source"]?.string == "in_flight_budget_exhausted" || type == "in_flight_budget_exhausted"
        let code = error["code"]?.int ?? answer.status
        return VendorError(kind: code == 402 && isBusy ? .rateLimited : Self.kind(code))
    }

    /// At the top, or in the only choice.
    private static func error(in answer: ProviderAnswer) -> JSONValue? {
        let places = [answer.json?["error"], answer.json?["choices"]?[0]?["error"]]
        return places.lazy.compactMap { $0?.objectItself }.first
    }

    private static func kind(_ code: Int) -> UpstreamFailure.Kind? {
        switch code {
        case 401: .invalidCredential
        case 402: .outOfMoney
        case 403: .forbidden
        case 404: .gone
        case 408, 524: .timedOut
        case 429: .rateLimited
        case 400..<500: .badRequest
        case 500..<600: .overloaded
        default: nil
        }
    }
}
