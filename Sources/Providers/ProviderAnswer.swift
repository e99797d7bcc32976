import JSON
import Outbound

/// What came back, read once. The text of the body is kept only as JSON.
struct ProviderAnswer {
    let status: Int
    /// Nil when the body is not JSON within the limits.
    let json: JSONValue?
    /// Seconds that the headers ask to wait.
    let retryAfter: Int?

    var isSuccess: Bool { 200..<300 ~= status }

    init(_ response: OutboundResponse, maxOctets: Int) {
        status = response.status
        json = try? JSONParser.parse(response.body, limits: JSONLimits(octets: maxOctets))
        retryAfter = RetryAfter.read(
            milliseconds: response.header("retry-after-ms"), header: response.header("retry-after"))
    }
}

/// Reads members that an answer must have.
extension JSONValue {
    /// The member, when `read` gives it a value.
    func require<Value>(
        _ name: String, _ read: (JSONValue) -> Value?
    ) throws(AnswerProblem) -> Value {
        guard let value = self[name].flatMap(read) else { throw .unexpectedShape }
        return value
    }

    /// A number of tokens: whole, 0 to 2^53. Cohere types it as a float, so `12.0` is 12.
    func tokens(_ name: String) throws(AnswerProblem) -> Int {
        try require(name) { $0.number.flatMap { WireNumber($0).integer } }.within(0...(1 << 53))
    }

    /// The same where a vendor leaves the member out, or sends null, for none.
    func tokensIfPresent(_ name: String) throws(AnswerProblem) -> Int {
        guard let value = self[name], !value.isNull else { return 0 }
        return try tokens(name)
    }

    /// The name of the model that answered; `requested` where there is none that could be stored.
    func model(_ name: String, requested: String) -> String {
        guard let text = self[name]?.string, let model = try? ModelName(text) else { return requested }
        return model.text
    }
}

extension Int {
    fileprivate func within(_ range: ClosedRange<Int>) throws(AnswerProblem) -> Int {
        guard range.contains(self) else { throw .unexpectedShape }
        return self
    }
}

extension TokenUsage {
    /// Refuses parts that are larger than the whole: the cost would be negative.
    static func checked(prompt: Int, cached: Int, cacheWrite: Int = 0, completion: Int) throws(AnswerProblem) -> Self {
        guard cached <= prompt, cacheWrite <= prompt - cached else { throw .unexpectedShape }
        return TokenUsage(
            promptTokens: prompt, cachedPromptTokens: cached, cacheWriteTokens: cacheWrite,
            completionTokens: completion)
    }
}
