/// The status line and fields of an answer.
package struct ResponseHead: Sendable {
    /// The digit after `HTTP/1.`.
    package let minorVersion: Int
    /// 100 to 599.
    package let status: Int
    package let headers: [(name: String, value: String)]

    /// Parses a whole head: the status line, fields, the empty line, each ended by CRLF, and nothing after it.
    ///
    /// A pure function that accepts any octets. Throws `malformed`, or `tooLarge(.headers)` beyond `maxHeaders`.
    package static func parse(_ octets: ArraySlice<UInt8>, maxHeaders: Int) throws(OutboundError) -> ResponseHead {
        let lines = try HeaderField.lines(of: octets)
        guard let statusLine = lines.first, let last = lines.last, last.isEmpty, lines.count >= 2 else {
            throw .malformed("a head without its end")
        }
        guard lines.count - 2 <= maxHeaders else { throw .tooLarge(.headers) }
        let (minorVersion, status) = try parseStatusLine(statusLine)
        var headers: [(name: String, value: String)] = []
        headers.reserveCapacity(lines.count - 2)
        for line in lines.dropFirst().dropLast() { headers.append(try HeaderField.parse(line)) }
        return ResponseHead(minorVersion: minorVersion, status: status, headers: headers)
    }

    /// All values of a field, in order.
    func values(of name: String) -> [String] {
        headers.filter { ASCII.equalsIgnoringCase($0.name.utf8, name.utf8) }.map(\.value)
    }

    /// Whether a field whose value is a list of words, such as `Connection`, has that one.
    func hasWord(_ word: String, in name: String) -> Bool {
        values(of: name).contains { value in
            value.utf8.split(separator: UInt8(ascii: ",")).contains {
                ASCII.equalsIgnoringCase(HeaderField.trimmed(ArraySlice($0)), word.utf8)
            }
        }
    }

    static let prefix = Array("HTTP/1.".utf8)

    /// `HTTP/1.1 200 OK`; the reason phrase, and the space before it, may be missing.
    private static func parseStatusLine(_ line: ArraySlice<UInt8>) throws(OutboundError) -> (Int, Int) {
        guard line.starts(with: prefix) else { throw .malformed("not an answer of HTTP/1") }
        let rest = line.dropFirst(prefix.count)
        guard let version = rest.first, version == UInt8(ascii: "0") || version == UInt8(ascii: "1") else {
            throw .malformed("not an answer of HTTP/1.0 or HTTP/1.1")
        }
        let afterVersion = rest.dropFirst()
        guard afterVersion.first == ASCII.space,
            let status = ASCII.decimal(afterVersion.dropFirst().prefix(3), maximumDigits: 3),
            (100...599).contains(status)
        else { throw .malformed("a status that is not a number from 100 to 599") }
        let phrase = afterVersion.dropFirst(4)
        guard phrase.isEmpty || phrase.first == ASCII.space, phrase.allSatisfy(ASCII.isFieldContent) else {
            throw .malformed("a malformed status line")
        }
        return (Int(version - UInt8(ascii: "0")), status)
    }
}
