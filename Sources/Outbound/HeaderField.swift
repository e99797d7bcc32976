/// One field line of a head or of trailers, without its line end.
enum HeaderField {
    /// `name: value` after RFC 9112 section 5, without what it only tolerates: no folding, no space before the colon.
    static func parse(_ line: ArraySlice<UInt8>) throws(OutboundError) -> (name: String, value: String) {
        guard let first = line.first, first != ASCII.space, first != ASCII.tab else {
            throw .malformed("a folded header line")
        }
        guard let colon = line.firstIndex(of: ASCII.colon) else { throw .malformed("a header line without a colon") }
        let name = line[..<colon]
        guard !name.isEmpty, name.allSatisfy(ASCII.isToken) else { throw .malformed("a header name is not a token") }
        let value = trimmed(line[colon...].dropFirst())
        guard value.allSatisfy(ASCII.isFieldContent) else { throw .malformed("a control character in a header") }
        return (String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))
    }

    /// Without spaces and tabs at both ends.
    static func trimmed(_ octets: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isBlank = { (octet: UInt8) in octet == ASCII.space || octet == ASCII.tab }
        let rest = octets.drop(while: isBlank)
        guard let last = rest.lastIndex(where: { !isBlank($0) }) else { return [] }
        return rest[...last]
    }

    /// Lines that end with CRLF, without their ends. A CR or LF by itself, or a last line without an end, is malformed.
    static func lines(of text: ArraySlice<UInt8>) throws(OutboundError) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var rest = text
        while let end = rest.firstIndex(of: ASCII.lineFeed) {
            let line = rest[..<end]
            guard line.last == ASCII.carriageReturn else { throw .malformed("a line feed by itself") }
            guard !line.dropLast().contains(ASCII.carriageReturn) else {
                throw .malformed("a carriage return by itself")
            }
            lines.append(line.dropLast())
            rest = rest[end...].dropFirst()
        }
        guard rest.isEmpty else { throw .malformed("a line without an end") }
        return lines
    }
}
