import JSON

/// What `POST /v1/messages` accepts, by version of the API and by model.
enum ClaudeParameters {
    private static let known: Set<String> = [
        "model", "messages", "max_tokens", "system", "stop_sequences", "stream", "metadata", "service_tier", "thinking",
        "tools", "tool_choice", "cache_control", "output_config", "container", "inference_geo", "speed",
    ]

    private static let sampling: Set<String> = ["temperature", "top_p", "top_k"]

    private static let ranges = [
        NumberRule.count("max_tokens"), NumberRule("temperature", 0...1), NumberRule("top_p", 0...1),
    ]

    static func check(_ body: JSONValue, for model: SimModel, isNewest: Bool) throws(Problem) {
        for member in body.object?.members ?? [] where !known.contains(member.name) {
            guard sampling.contains(member.name), !isNewest else {
                throw Claude.invalid("\(member.name): Extra inputs are not permitted")
            }
        }
        guard body.given("max_tokens") != nil else { throw Claude.invalid("max_tokens: Field required") }
        for rule in ranges {
            guard let violation = rule.violation(in: body) else { continue }
            throw Claude.invalid("\(rule.name): \(text(violation, of: rule))")
        }
        try checkSampling(body, for: model)
        if let wanted = body["max_tokens"]?.int, wanted > model.output {
            throw Claude.invalid(
                "max_tokens: \(wanted) > \(model.output), which is the maximum allowed number of output tokens for "
                    + model.name)
        }
    }

    private static func checkSampling(_ body: JSONValue, for model: SimModel) throws(Problem) {
        let given = sampling.sorted().filter { body.given($0) != nil }
        if model.traits.contains(.refusesSampling), let name = given.first {
            throw Claude.invalid("`\(name)` is deprecated for this model.")
        }
        if model.traits.contains(.choosesOneSampling), given.contains("temperature"), given.contains("top_p") {
            throw Claude.invalid(
                "`temperature` and `top_p` cannot both be specified for this model. Please use only one.")
        }
    }

    private static func text(_ violation: NumberRule.Violation, of rule: NumberRule) -> String {
        switch violation {
        case .notANumber, .notWhole: "Input should be a valid \(rule.isWhole ? "integer" : "number")"
        case .below: "Input should be greater than or equal to \(NumberRule.text(rule.lowest))"
        case .above: "Input should be less than or equal to \(NumberRule.text(rule.highest))"
        }
    }
}
