import JSON

extension OpenRouter {
    /// Without a key, like the vendor: it proves nothing. Prices are texts, dollars for one token.
    @Sendable func listModels(_ call: Call) throws(Problem) -> SimAnswer {
        .json { json in
            json.key("data")
            json.array(servedModels) { json, model in
                json.object { Self.write(model, to: &$0) }
            }
            json.field("total_count", servedModels.count)
            json.field("links") { $0.field("next", String?.none) }
        }
    }

    private static func write(_ model: SimModel, to json: inout JSONWriter) {
        let isImage = model.kind == .image
        json.field("id", model.name)
        json.field("canonical_slug", model.name)
        json.field("name", model.name)
        json.field("created", model.releasedSeconds)
        json.field("description", "A simulated model")
        json.field("context_length", model.context)
        json.field("architecture") {
            $0.field("modality", isImage ? "text+image->text+image" : "text->text")
            $0.field("input_modalities", array: ["text", "image"])
            $0.field("output_modalities", array: isImage ? ["image", "text"] : ["text"])
            $0.field("tokenizer", "Gemini")
            $0.field("instruct_type", String?.none)
        }
        json.field("pricing") { writePrice(of: model, to: &$0) }
        json.field("top_provider") {
            $0.field("context_length", model.context)
            $0.field("max_completion_tokens", model.output)
            $0.field("is_moderated", false)
        }
        json.field("supported_parameters", array: ["max_tokens", "temperature", "top_p"])
        json.field("supported_voices", String?.none)
        json.field("default_parameters", String?.none)
        json.field("per_request_limits", String?.none)
        json.field("links") { $0.field("details", "/api/v1/models/\(model.name)/endpoints") }
    }

    private static func writePrice(of model: SimModel, to json: inout JSONWriter) {
        let price = RouterModels.price(of: model.name)
        let isFixed = model != picker
        json.field("prompt", isFixed ? price.dollars(price.prompt) : "-1")
        json.field("completion", isFixed ? price.dollars(price.completion) : "-1")
        guard isFixed else { return }
        json.fieldIfPresent("input_cache_read", price.cached.map { price.dollars($0) })
        if model.kind == .image { json.field("image_output", price.dollars(RouterPrice.image)) }
        guard let prompt = price.longPrompt, let completion = price.longCompletion else { return }
        json.key("overrides")
        json.array([RouterPrice.longestOrdinaryPrompt]) { json, tokens in
            json.object {
                $0.field("min_prompt_tokens", tokens)
                $0.field("prompt", price.dollars(prompt))
                $0.field("completion", price.dollars(completion))
            }
        }
    }

    /// The key's own limit, which is not what the account has.
    @Sendable func showKey(_ call: Call) throws(Problem) -> SimAnswer {
        .json { json in
            json.field("data") {
                $0.field("label", "sk-or-v1-sim...ulated")
                for name in Self.limits { $0.field(name, String?.none) }
                for name in Self.usages { $0.field(name, 0) }
                $0.field("include_byok_in_limit", false)
                $0.field("is_free_tier", false)
                $0.field("is_provisioning_key", isManagement(call.request))
                $0.field("is_management_key", isManagement(call.request))
                for name in Self.absences { $0.field(name, String?.none) }
                $0.field("budgets", array: [String]())
                $0.field("allowed_data_regions", array: ["global"])
                $0.field("free_model_daily_requests") {
                    $0.field("used", 0)
                    $0.field("limit", 50)
                    $0.field("remaining", 50)
                }
                $0.field("rate_limit") {
                    $0.field("requests", -1)
                    $0.field("interval", "10s")
                    $0.field("note", "This field is deprecated and safe to ignore.")
                }
            }
        }
    }

    private static let limits: [StaticString] = ["limit", "limit_remaining", "limit_reset"]
    private static let absences: [StaticString] = [
        "creator_user_id", "organization_id", "workspace_id", "effective_budget", "expires_at",
    ]
    private static let usages: [StaticString] = [
        "usage", "usage_daily", "usage_weekly", "usage_monthly", "byok_usage", "byok_usage_daily", "byok_usage_weekly",
        "byok_usage_monthly",
    ]

    /// For management keys, which have `management` in their text.
    @Sendable func showCredits(_ call: Call) throws(Problem) -> SimAnswer {
        guard isManagement(call.request) else { throw .forbidden }
        let balance = key(of: call.request).flatMap { KeyVerdict.balance(in: $0) } ?? "100"
        return .json { json in
            json.field("data") {
                $0.key("total_credits")
                $0.raw(balance)
                $0.key("total_usage")
                $0.raw("0.25")
            }
        }
    }

    private func isManagement(_ request: SimRequest) -> Bool { key(of: request)?.contains("management") == true }
}
