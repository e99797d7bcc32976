/// What a chat model says: a friendly sentence with the provider's name and the start of the last message.
struct Reply: Equatable, Sendable {
    /// The text in pieces for streaming; together they are the text.
    let pieces: [String]
    /// Whether the limit of tokens ended it.
    let isCut: Bool
    let usage: Usage

    var text: String { pieces.joined() }

    /// `messages` are the texts of the conversation, the last one is answered.
    init(from provider: String, to messages: [String], maxTokens: Int?) {
        let orders = Directives(in: messages.joined(separator: "\n"))
        let said = Directives.removed(from: messages.last ?? "").split(whereSeparator: \.isWhitespace)
        let heard = said.isEmpty ? "" : " I read: \(said.prefix(12).joined(separator: " "))"
        let words = "Hello from the simulated \(provider)!\(heard)".split(separator: " ")
        let limit = max(1, maxTokens ?? .max)
        let kept = words.prefix(words.count < limit ? words.count : max(1, limit - 1))
        let prompt = Usage.prompt(messages)
        let cached = min(orders.cached, prompt)
        isCut = kept.count < words.count
        pieces = kept.enumerated().map { ($0.offset == 0 ? "" : " ") + $0.element }
        usage = Usage(
            prompt: prompt, cached: cached, cacheWrite: min(orders.cacheWrite, prompt - cached),
            completion: min(kept.count + 1, limit) + orders.thinking, thinking: orders.thinking)
    }
}
