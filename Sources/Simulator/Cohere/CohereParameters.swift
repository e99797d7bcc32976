import JSON

/// What `POST /v2/chat` accepts. The nucleus is `p` here and neither 0 nor 1; penalties are never negative.
enum CohereParameters {
    private static let known: Set<String> = [
        "model", "messages", "stream", "tools", "strict_tools", "documents", "citation_options", "response_format",
        "safety_mode", "max_tokens", "stop_sequences", "temperature", "seed", "frequency_penalty", "presence_penalty",
        "k", "p", "logprobs", "tool_choice", "thinking", "priority", "raw_prompting",
    ]

    private static let ranges = [
        NumberRule("temperature", 0...1_000), NumberRule("p", 0.01...0.99), NumberRule("k", 0...500),
        NumberRule("frequency_penalty", 0...1), NumberRule("presence_penalty", 0...1), .count("max_tokens"),
    ]

    static func check(_ body: JSONValue, for model: SimModel) throws(Problem) {
        for member in body.object?.members ?? [] where !known.contains(member.name) {
            throw Cohere.invalid("unknown field: parameter '\(member.name)' is not a valid field.")
        }
        for rule in ranges {
            guard let violation = rule.violation(in: body) else { continue }
            throw refusal(rule, violation)
        }
        let isPair = body.given("frequency_penalty") != nil && body.given("presence_penalty") != nil
        if isPair, model.traits.contains(.refusesPenaltyPair) {
            throw Cohere.invalid("frequency_penalty and presence_penalty cannot both be specified for this model.")
        }
    }

    private static func refusal(_ rule: NumberRule, _ violation: NumberRule.Violation) -> Problem {
        switch violation {
        case .notANumber, .notWhole:
            return Cohere.invalid("\(rule.name) must be \(rule.isWhole ? "a whole number" : "a number").")
        case .below where rule.name == "temperature" || rule.isWhole:
            return Cohere.invalid("\(rule.name) must be \(NumberRule.text(rule.lowest)) or more.")
        case .below, .above:
            let (lowest, highest) = (NumberRule.text(rule.lowest), NumberRule.text(rule.highest))
            return Cohere.invalid("\(rule.name) must be between \(lowest) and \(highest) inclusive.")
        }
    }
}
