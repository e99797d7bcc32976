import Domain
import JSON
import Outbound

/// OpenRouter's public list of models. Shapes are those of the vendor's SDK 1.3.84; that a price of -1 varies is told by
/// third parties only (2026).
extension OpenRouterAdapter: ListingAdapter {
    package var listNeedsKey: Bool { false }

    package func models(
        _ credential: Credentials?, at endpoint: ProviderEndpoint, with client: HTTPClient
    ) throws(Failure) -> ModelList {
        let call = VendorCall(self, VendorAccess(base: endpoint.url, headers: []), endpoint, client)
        // Without the question for all there are only those that write.
        return try call.succeed(.get("/models?output_modalities=all")) { answer throws(AnswerProblem) in
            var models: [ListedModel] = []
            for model in try answer.require("data", \.array) { models.append(try Self.listed(model)) }
            guard !models.isEmpty else { throw .unexpectedShape }
            // Without a limit in the question the whole list comes.
            let isWhole = answer["links"]?["next"]?.string == nil
            return ModelList(models, isComplete: isWhole && answer["total_count"]?.int ?? 0 <= models.count)
        }
    }

    private static func listed(_ model: JSONValue) throws(AnswerProblem) -> ListedModel {
        let id = try model.require("id", \.string)
        var listed = ListedModel(id: id, name: model["name"]?.string ?? id)
        let made = (model["architecture"]?["output_modalities"]?.array ?? []).compactMap(\.string)
        listed.kind = ["image", "video", "text", "audio", "speech", "embeddings"].first { made.contains($0) }
        listed.contextTokens = model.contextTokens("context_length")
        listed.rates = try? rates(model["pricing"] ?? .null)
        return listed
    }

    /// A price for each request, one of its own for thoughts, or a discount of which it is not said whether the prices
    /// have it already, cannot be told with rates for tokens.
    private static func rates(_ pricing: JSONValue) throws(RouterPricing.Unspeakable) -> TokenRates {
        let input = try RouterPricing.perMillion(pricing["prompt"])
        let output = try RouterPricing.perMillion(pricing["completion"])
        let thoughts = try RouterPricing.optional(pricing["internal_reasoning"]) ?? output
        guard try RouterPricing.optional(pricing["request"]) == nil,
            try RouterPricing.optional(pricing["discount"]) == nil, thoughts == output
        else { throw RouterPricing.Unspeakable() }
        let bands = pricing["overrides"]?.array ?? []
        // Prices by the time of day.
        guard bands.allSatisfy({ $0["utc_start"] == nil && $0["utc_end"] == nil && $0["utc_days"] == nil }) else {
            throw RouterPricing.Unspeakable()
        }
        return TokenRates(
            input: input, output: output, cachedInput: try RouterPricing.optional(pricing["input_cache_read"]),
            cacheWrite: try RouterPricing.optional(pricing["input_cache_write"]),
            // For prompts of more tokens than this; what is not named is as without it.
            longContext: try RouterPricing.longContext(bands, "min_prompt_tokens") {
                band throws(RouterPricing.Unspeakable) in
                try RouterPricing.rates(band["prompt"], band["completion"], else: (input, output))
            })
    }
}
