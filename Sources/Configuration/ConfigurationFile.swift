import Foundation

/// What is wrong with a configuration, in one line that names the setting.
package struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    package let setting: String
    package let reason: String

    package init(_ setting: String, _ reason: String) {
        self.setting = setting
        self.reason = reason
    }

    package var description: String { "\(setting): \(reason)" }
}

/// The lines `name = value` of a configuration file. Empty lines and lines that begin with `#` are comments.
package struct ConfigurationFile {
    private var values: [String: String] = [:]
    let path: String

    init(path: String) throws(ConfigurationError) {
        self.path = path
        let text = try Self.read(path, setting: "configuration file")
        for (index, line) in Self.lines(text).enumerated() {
            let trimmed = line.trimmed
            guard !trimmed.isEmpty, !trimmed.hasPrefix("#") else { continue }
            guard !trimmed.unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\t" || $0.value == 0x7F }) else {
                throw ConfigurationError("\(path):\(index + 1)", "contains a control character")
            }
            guard let equals = trimmed.firstIndex(of: "="), equals != trimmed.startIndex else {
                throw ConfigurationError("\(path):\(index + 1)", "is not 'name = value'")
            }
            let name = String(trimmed[..<equals].trimmed)
            guard values[name] == nil else { throw ConfigurationError(name, "stands twice in \(path)") }
            values[name] = String(trimmed[trimmed.index(after: equals)...].trimmed)
        }
    }

    /// By octets: to Swift, CR and LF together are one character, which is not LF.
    private static func lines(_ text: String) -> [String] {
        text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// Nil for a setting that is absent or empty.
    mutating func text(_ name: String) -> String? {
        guard let value = values.removeValue(forKey: name), !value.isEmpty else { return nil }
        return value
    }

    mutating func required(_ name: String) throws(ConfigurationError) -> String {
        guard let value = text(name) else { throw ConfigurationError(name, "is missing in \(path)") }
        return value
    }

    mutating func int(_ name: String, default standard: Int, in range: ClosedRange<Int>) throws(ConfigurationError)
        -> Int
    {
        guard let text = text(name) else { return standard }
        guard let value = Int(text), range ~= value else {
            throw ConfigurationError(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// Words separated by commas.
    mutating func list(_ name: String) -> [String] {
        (text(name) ?? "").split(separator: ",").map { String($0.trimmed) }.filter { !$0.isEmpty }
    }

    /// Refuses what nobody asked for: a misspelt setting is not silently no setting.
    func finish() throws(ConfigurationError) {
        if let unknown = values.keys.sorted().first { throw ConfigurationError(unknown, "is not a known setting") }
    }

    /// The text of a regular file. A pipe can be read once only, and every worker reads for itself. A secret one must not
    /// be open to everybody.
    package static func read(_ path: String, setting: String, isSecret: Bool = false) throws(ConfigurationError)
        -> String
    {
        var status = stat()
        guard stat(path, &status) == 0 else { throw ConfigurationError(setting, "\(path) cannot be read") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw ConfigurationError(setting, "\(path) is not a file") }
        guard !isSecret || status.st_mode & 0o007 == 0 else {
            throw ConfigurationError(setting, "\(path) is open to others: chmod o= it")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError(setting, "\(path) cannot be read")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw ConfigurationError(setting, "\(path) is not valid UTF-8")
        }
        return text
    }
}

extension StringProtocol {
    /// Without spaces, tabs and carriage returns at both ends.
    var trimmed: SubSequence {
        let isBlank = { (character: Character) in character == " " || character == "\t" || character == "\r" }
        guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) }) else {
            return self[startIndex..<startIndex]
        }
        return self[first...last]
    }
}
