import JSON

/// What `POST /v1/chat/completions` accepts, and what a reasoning model refuses of it.
enum OpenAIParameters {
    static let known: Set<String> = [
        "model", "messages", "max_tokens", "max_completion_tokens", "temperature", "top_p", "frequency_penalty",
        "presence_penalty", "stop", "stream", "stream_options", "n", "seed", "user", "tools", "tool_choice",
        "response_format", "logprobs", "top_logprobs", "logit_bias", "parallel_tool_calls", "metadata", "store",
        "reasoning_effort", "service_tier", "safety_identifier", "prompt_cache_key", "modalities", "verbosity",
        "prediction", "functions", "function_call",
    ]

    static let ranges = [
        NumberRule("temperature", 0...2), NumberRule("top_p", 0...1), NumberRule("frequency_penalty", -2...2),
        NumberRule("presence_penalty", -2...2), .count("max_tokens"), .count("max_completion_tokens"),
        NumberRule("n", 1...1),
    ]

    static func check(_ body: JSONValue, for model: SimModel) throws(Problem) {
        for member in body.object?.members ?? [] where !known.contains(member.name) {
            throw OpenAI.invalid(
                member.name, "unknown_parameter", "Unrecognized request argument supplied: \(member.name)")
        }
        for rule in ranges {
            guard let violation = rule.violation(in: body) else { continue }
            throw refusal(rule, violation)
        }
        if model.traits.contains(.refusesSampling) { try checkReasoning(body) }
        if body.given("max_tokens") != nil, body.given("max_completion_tokens") != nil {
            throw OpenAI.invalid(
                "max_tokens", "invalid_parameter_combination",
                "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.")
        }
    }

    /// o-series and GPT-5 and later take the default sampling only, and the limit under its new name.
    private static func checkReasoning(_ body: JSONValue) throws(Problem) {
        if body.given("max_tokens") != nil {
            throw OpenAI.invalid(
                "max_tokens", "unsupported_parameter",
                "Unsupported parameter: 'max_tokens' is not supported with this model. "
                    + "Use 'max_completion_tokens' instead.")
        }
        if let temperature = body.given("temperature"), temperature.double != 1 {
            throw OpenAI.invalid(
                "temperature", "unsupported_value",
                "Unsupported value: 'temperature' does not support \(temperature.number?.text ?? "") with this model. "
                    + "Only the default (1) value is supported.")
        }
        let others = [("top_p", 1.0), ("frequency_penalty", 0), ("presence_penalty", 0)]
        for (name, standard) in others where body.given(name).map({ $0.double != standard }) == true {
            throw OpenAI.invalid(
                name, "unsupported_parameter", "Unsupported parameter: '\(name)' is not supported with this model.")
        }
    }

    private static func refusal(_ rule: NumberRule, _ violation: NumberRule.Violation) -> Problem {
        let kind = rule.isWhole ? "integer" : "decimal"
        return switch violation {
        case .notANumber, .notWhole:
            OpenAI.invalid(
                rule.name, "invalid_type",
                "Invalid type for '\(rule.name)': expected \(rule.isWhole ? "an" : "a") \(kind).")
        case .below(let value):
            OpenAI.invalid(
                rule.name, "\(kind)_below_min_value",
                "Invalid '\(rule.name)': \(kind) below minimum value. "
                    + "Expected a value >= \(NumberRule.text(rule.lowest)), but got \(value) instead.")
        case .above(let value):
            OpenAI.invalid(
                rule.name, "\(kind)_above_max_value",
                "Invalid '\(rule.name)': \(kind) above maximum value. "
                    + "Expected a value <= \(NumberRule.text(rule.highest)), but got \(value) instead.")
        }
    }
}
