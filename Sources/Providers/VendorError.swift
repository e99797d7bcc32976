import Domain
import JSON

/// What the body of a refusal says beyond its status.
struct VendorError {
    /// Nil when the body does not know better than the status.
    var kind: UpstreamFailure.Kind?
    /// Seconds to wait, where the body and not a header says so.
    var retryAfter: Int?
    /// A wait that the headers or the body name would not help.
    var waitingIsUseless = false
    /// Parameters that the provider says it does not support, the likeliest first.
    var refusedParameters: [ChatParameter] = []
    /// The input breaks the provider's content rules.
    var isModeration = false
}

/// A provider's message, only ever compared, never shown or logged: it can repeat keys and prompts.
struct VendorMessage {
    private let octets: [UInt8]

    /// A message longer than this is not read further.
    private static let maxOctets = 4_096

    init(_ value: JSONValue?) {
        octets = (value?.string ?? "").utf8.prefix(Self.maxOctets).map { 0x41...0x5A ~= $0 ? $0 | 0x20 : $0 }
    }

    /// Whether one of the phrases, in lower case, is in it.
    func contains(_ phrases: String...) -> Bool { containsAny(phrases) }

    /// Whether the provider says that it ran out of what was paid for. Texts of Anthropic, Google and others
    /// (facts of 2026); "billing" alone is also in their messages about rates.
    var isAboutMoney: Bool {
        contains(
            "credit balance", "insufficient credit", "insufficient balance", "insufficient funds", "exhausted balance",
            "out of credit", "enough credits", "credits are depleted", "prepayment credits",
            "specified api usage limits",
            "payment required")
    }

    /// The parameters that it names as unsupported, by the vendor's names for them.
    ///
    /// For vendors without a code for this. The limit of tokens is never among their names: a sentence about it can
    /// be about its size, and without it a call could cost more than the caller allowed.
    func refused(_ names: [(ChatParameter, [String])]) -> [ChatParameter] {
        guard
            contains(
                "not support", "unsupported", "deprecated", "not enabled", "not allowed", "not permitted",
                "cannot be set", "cannot be specified", "unknown", "unrecognized", "extra inputs")
        else { return [] }
        return names.filter { containsAny($0.1.map { $0.lowercased() }) }.map(\.0)
    }

    private func containsAny(_ phrases: [String]) -> Bool {
        phrases.contains { phrase in
            let wanted = Array(phrase.utf8)
            guard octets.count >= wanted.count else { return false }
            return (0...(octets.count - wanted.count)).contains { octets[$0..<$0 + wanted.count].elementsEqual(wanted) }
        }
    }
}
