import Foundation

/// What scripts give on standard input.
enum StandardInput {
    /// All of it as text, without the line end that `echo` adds. Octets that are not UTF-8 are replaced.
    static func text() -> String {
        var text = String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self)
        if text.hasSuffix("\r\n") || text.hasSuffix("\n") { text.removeLast() }
        return text
    }
}

extension String {
    /// Without the white space at both ends.
    var trimmed: String { String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()) }
}
