import JSON

/// What a key says about itself. The simulator keeps no list of keys: any key is good unless its text says otherwise.
struct KeyVerdict: Equatable, Sendable {
    /// From `fault=NAME` anywhere in the key.
    let fault: Fault?
    let isBad: Bool

    /// A key with one of these words is one that the provider does not know.
    static let badWords = ["bad", "invalid", "wrong", "expired", "revoked"]

    init(_ key: String) {
        var rest = key
        var found: Fault?
        if let mark = Self.range(of: "fault=", in: key) {
            let name = Self.longestName(key[mark.upperBound...])
            found = Fault.ordered(name)
            rest = String(key[..<mark.lowerBound] + key[mark.upperBound...].dropFirst(name.count))
        }
        fault = found
        isBad = Self.badWords.contains { Self.range(of: $0, in: rest.lowercased()) != nil }
    }

    /// The longest fault name that the text begins with, with the number that follows `slow=`.
    private static func longestName(_ text: Substring) -> String {
        let name = Fault.names.filter { text.hasPrefix($0) }.max { $0.count < $1.count } ?? ""
        guard name == "slow", text.dropFirst(4).first == "=" else { return name }
        let digits = text.dropFirst(5).prefix { $0.isASCII && $0.isNumber }
        return digits.isEmpty ? name : "slow=\(digits)"
    }

    /// The digits of `balance=12.50`, nil when there are none that make a number.
    static func balance(in key: String) -> String? {
        guard let mark = range(of: "balance=", in: key) else { return nil }
        let text = key[mark.upperBound...].prefix { $0 == "-" || $0 == "." || $0.isASCII && $0.isNumber }
        return JSONNumber(String(text))?.text
    }

    private static func range(of word: String, in text: String) -> Range<String.Index>? {
        text.indices.lazy.filter { text[$0...].hasPrefix(word) }.first.map { start in
            start..<(text.index(start, offsetBy: word.count, limitedBy: text.endIndex) ?? text.endIndex)
        }
    }
}
