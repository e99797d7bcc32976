import Domain

/// The strong tag of a resource: its version, and whatever else its representation depends on.
package struct EntityTag: Sendable, Equatable {
    package let text: String

    package init(text: String) { self.text = text }

    /// `"3-17"`: the version first, so that `If-Match` can compare it alone. A caller who holds the tag of version 3
    /// may change version 3, even when a call was counted in between.
    package init(version: Int, rest: String) { text = "\"\(version)-\(rest)\"" }

    /// The versions that `If-Match` accepts; nil when it is absent or `*`. A weak tag, or one that is not ours, matches
    /// nothing. Throws `.invalid` for what is not a list of tags.
    package static func versions(ifMatch header: String?) throws(Failure) -> [Int]? {
        guard let header, header != "*" else { return nil }
        return try list(header, "If-Match").compactMap { tag in
            guard tag.hasPrefix("\"") else { return nil }
            return tag.dropFirst().split(separator: "-").first.flatMap { Int($0) }
        }
    }

    /// Whether `If-None-Match` names this tag, weakly compared, so that a 304 answers.
    package func isNamed(by header: String?) -> Bool {
        guard let header else { return false }
        guard header != "*" else { return true }
        let tags = (try? Self.list(header, "If-None-Match")) ?? []
        return tags.contains { ($0.hasPrefix("W/") ? String($0.dropFirst(2)) : $0) == text }
    }

    private static func list(_ header: String, _ name: String) throws(Failure) -> [String] {
        let tags = header.split(separator: ",").map { $0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed() }
            .map { String($0) }
        let wellFormed = tags.allSatisfy { tag in
            let opaque = tag.utf8.dropFirst(tag.hasPrefix("W/") ? 2 : 0)
            let quote = UInt8(ascii: "\"")
            return opaque.count >= 2 && opaque.first == quote && opaque.last == quote
                && opaque.dropFirst().dropLast().allSatisfy { 0x21...0x7E ~= $0 && $0 != quote }
        }
        guard wellFormed, !tags.isEmpty, tags.count <= 100 else {
            throw .invalid(name, "must be \"*\" or a list of quoted tags")
        }
        return tags
    }
}
