import JSON

/// What `generateContent` accepts. Names are those after `Gemini.canonical`.
enum GeminiParameters {
    private static let known: Set<String> = [
        "contents", "systemInstruction", "generationConfig", "safetySettings", "tools", "toolConfig", "cachedContent",
        "model", "serviceTier", "store", "labels",
    ]

    private static let knownSettings: Set<String> = [
        "temperature", "topP", "topK", "maxOutputTokens", "candidateCount", "stopSequences", "frequencyPenalty",
        "presencePenalty", "responseMimeType", "responseSchema", "responseJsonSchema", "responseModalities",
        "imageConfig", "thinkingConfig", "seed", "responseLogprobs", "logprobs", "speechConfig", "mediaResolution",
    ]

    private static let ranges = [
        NumberRule("temperature", 0...2), NumberRule("topP", 0...1), NumberRule.count("maxOutputTokens"),
        NumberRule("frequencyPenalty", -2...2), NumberRule("presencePenalty", -2...2),
        NumberRule("candidateCount", 1...1),
    ]

    static func check(_ body: JSONValue, for model: SimModel) throws(Problem) {
        try checkNames(body, known, at: nil)
        guard let settings = body.given("generationConfig") else { return }
        try checkNames(settings, knownSettings, at: "generation_config")
        for rule in ranges {
            guard let violation = rule.violation(in: settings) else { continue }
            throw refusal(rule, violation)
        }
        let penalties = ["frequencyPenalty", "presencePenalty"].filter { settings.given($0) != nil }
        if model.traits.contains(.refusesPenalties), !penalties.isEmpty {
            throw Gemini.invalid("Penalty is not enabled for models/\(model.name)")
        }
    }

    private static func checkNames(_ value: JSONValue, _ known: Set<String>, at place: String?) throws(Problem) {
        for member in value.object?.members ?? [] where !known.contains(member.name) {
            let suffix = place.map { " at '\($0)'" } ?? ""
            throw Gemini.invalid(
                "Invalid JSON payload received. Unknown name \"\(member.name)\"\(suffix): Cannot find field.")
        }
    }

    private static func refusal(_ rule: NumberRule, _ violation: NumberRule.Violation) -> Problem {
        switch violation {
        case .notANumber, .notWhole:
            Gemini.invalid(
                "Invalid value at 'generation_config.\(rule.name)' (\(rule.isWhole ? "TYPE_INT32" : "TYPE_FLOAT"))")
        case .below, .above:
            Gemini.invalid(
                "* GenerateContentRequest.generation_config.\(rule.name): must be in the range "
                    + "[\(NumberRule.text(rule.lowest)), \(NumberRule.text(rule.highest))].")
        }
    }
}
