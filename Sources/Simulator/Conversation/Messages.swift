import JSON

/// What can be wrong with a list of messages; each vendor has its own words for it.
enum MessageFlaw: Error, Equatable, Sendable {
    case missing
    case notAList
    case empty
    case badRole(index: Int, String)
    case noContent(index: Int)
}

enum Messages {
    /// The texts of `[{role, content}]`, whose roles must be among `roles`.
    static func texts(_ value: JSONValue?, roles: [String]) throws(MessageFlaw) -> [String] {
        guard let value, !value.isNull else { throw .missing }
        guard let messages = value.array else { throw .notAList }
        guard !messages.isEmpty else { throw .empty }
        var texts: [String] = []
        for (index, message) in messages.enumerated() {
            let role = message["role"]?.string ?? ""
            guard roles.contains(role) else { throw .badRole(index: index, role) }
            guard let text = message["content"]?.plainText ?? (role == "assistant" ? "" : nil) else {
                throw .noContent(index: index)
            }
            texts.append(text)
        }
        return texts
    }
}
