/// Orders to the simulator inside a message: `[[cached 5]]`, `[[cache-write 5]]`, `[[thinking 3]]`, `[[fault slow=500]]`,
/// `[[job failed]]`.
///
/// They are looked for in the octets of the body, since nothing in them is ever escaped in JSON.
struct Directives: Equatable, Sendable {
    private(set) var cached = 0
    private(set) var cacheWrite = 0
    private(set) var thinking = 0
    private(set) var fault: String?
    private(set) var job: String?

    init(in text: String) {
        var rest = Substring(text)
        while let start = rest.firstRange(of: "[[") {
            rest = rest[start.upperBound...]
            guard let end = rest.firstRange(of: "]]") else { return }
            let words = rest[..<end.lowerBound].split(separator: " ")
            if words.count == 2 { take(words[0], String(words[1])) }
            rest = rest[end.upperBound...]
        }
    }

    private mutating func take(_ name: Substring, _ value: String) {
        switch name {
        case "cached": cached = Self.count(value)
        case "cache-write": cacheWrite = Self.count(value)
        case "thinking": thinking = Self.count(value)
        case "fault": fault = value
        case "job": job = value
        default: return
        }
    }

    private static func count(_ value: String) -> Int { min(max(Int(value) ?? 0, 0), 1_000_000) }

    /// The text without anything in double brackets.
    static func removed(from text: String) -> String {
        var kept = ""
        var rest = Substring(text)
        while let start = rest.firstRange(of: "[["), let end = rest[start.upperBound...].firstRange(of: "]]") {
            kept += rest[..<start.lowerBound]
            rest = rest[end.upperBound...]
        }
        return kept + rest
    }
}

extension Substring {
    /// Where the two octets of `mark` first occur, found by octets and not by characters.
    fileprivate func firstRange(of mark: String) -> Range<Index>? {
        var at = startIndex
        while let start = utf8[at...].firstIndex(of: mark.utf8.first ?? 0) {
            let end = utf8.index(start, offsetBy: mark.utf8.count, limitedBy: endIndex)
            guard let end else { return nil }
            if utf8[start..<end].elementsEqual(mark.utf8) { return start..<end }
            at = utf8.index(after: start)
        }
        return nil
    }
}
