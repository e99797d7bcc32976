/// How tokens are counted. It is a stated function of the texts, so that a test can compute it:
///
/// * prompt: the words of every message, system message included, plus 4 for each message;
/// * completion: the words of the answer plus 1, never more than the limit; `[[thinking N]]` adds N;
/// * cached and written: 0 unless a message says `[[cached N]]` or `[[cache-write N]]`; both are parts of the prompt.
///
/// A word is what white space separates; an order to the simulator counts like any other text.
struct Usage: Equatable, Sendable {
    let prompt: Int
    let cached: Int
    let cacheWrite: Int
    let completion: Int
    /// Part of `completion`.
    let thinking: Int

    var total: Int { prompt + completion }

    static func words(_ text: String) -> Int { text.split(whereSeparator: \.isWhitespace).count }

    static func prompt(_ messages: [String]) -> Int { messages.reduce(0) { $0 + words($1) + 4 } }
}
