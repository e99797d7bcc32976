/// A mistake on the command line: said with the usage, exit status 2.
package struct UsageError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// The words of a command line, taken one after the other.
package struct Arguments {
    private var words: [String]

    package init(_ words: [String]) { self.words = words }

    /// The value of `--name VALUE` or `--name=VALUE`; nil when it is not there.
    package mutating func option(_ name: String) throws(UsageError) -> String? {
        for (index, word) in words.enumerated() {
            if word == "--" { return nil }
            if word.hasPrefix(name + "=") {
                words.remove(at: index)
                return String(word.dropFirst(name.count + 1))
            }
            if word == name {
                // In `--sub --role Admin` the value was forgotten; one that does begin so is written `--sub=--role`.
                guard words.indices.contains(index + 1), !words[index + 1].hasPrefix("--") else {
                    throw UsageError("\(name) needs a value")
                }
                let value = words[index + 1]
                words.removeSubrange(index...index + 1)
                return value
            }
        }
        return nil
    }

    /// Whether `--name` stands there.
    package mutating func flag(_ name: String) -> Bool {
        guard let index = words.firstIndex(of: name), index < (words.firstIndex(of: "--") ?? words.endIndex) else {
            return false
        }
        words.remove(at: index)
        return true
    }

    /// The next word that is no option; nil when there is none. Take the options first.
    package mutating func word() -> String? {
        guard let first = words.first else { return nil }
        if first == "--" {
            words.removeFirst()
            return words.isEmpty ? nil : words.removeFirst()
        }
        return first.hasPrefix("-") ? nil : words.removeFirst()
    }

    /// Refuses what nobody asked for.
    package func finish() throws(UsageError) {
        guard let rest = words.first else { return }
        // The value of an option that there is not may be something secret.
        let option = rest.prefix { $0 != "=" }
        throw UsageError(rest.hasPrefix("-") ? "there is no option '\(option)' here" : "'\(rest)' is one word too many")
    }
}
