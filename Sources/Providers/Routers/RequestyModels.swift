import Domain
import JSON
import Outbound

/// Requesty's public list of models. Shapes are those of the vendor's skills repository; `pricing`, for long prompts, is
/// told by third parties only (2026).
extension RequestyAdapter: ListingAdapter {
    package var listNeedsKey: Bool { false }

    package func models(
        _ credential: Credentials?, at endpoint: ProviderEndpoint, with client: HTTPClient
    ) throws(Failure) -> ModelList {
        let call = VendorCall(self, VendorAccess(base: endpoint.url, headers: []), endpoint, client)
        return try call.succeed(.get("/models")) { answer throws(AnswerProblem) in
            guard answer["object"]?.string == "list" else { throw .unexpectedShape }
            var models: [ListedModel] = []
            for model in try answer.require("data", \.array) { models.append(try Self.listed(model)) }
            guard !models.isEmpty else { throw .unexpectedShape }
            return ModelList(models, isComplete: true)
        }
    }

    private static func listed(_ model: JSONValue) throws(AnswerProblem) -> ListedModel {
        let id = try model.require("id", \.string)
        var listed = ListedModel(id: id, name: id)
        listed.kind = model["supports_image_generation"]?.bool == true ? "image" : model["api"]?.string ?? "chat"
        listed.contextTokens = model.contextTokens("context_window")
        listed.rates = try? rates(model)
        return listed
    }

    private static func rates(_ model: JSONValue) throws(RouterPricing.Unspeakable) -> TokenRates {
        let input = try RouterPricing.perMillion(model["input_price"])
        let output = try RouterPricing.perMillion(model["output_price"])
        let bands = (model["pricing"]?.array ?? []).filter { $0["prompt_tokens_threshold"]?.int != 0 }
        return TokenRates(
            input: input, output: output, cachedInput: try RouterPricing.optional(model["cached_price"]),
            cacheWrite: try RouterPricing.optional(model["caching_price"]),
            longContext: try RouterPricing.longContext(bands, "prompt_tokens_threshold") {
                band throws(RouterPricing.Unspeakable) in
                try RouterPricing.rates(band["input_price"], band["output_price"], else: (input, output))
            })
    }
}
