/// The head of an answer: status and headers. Parsing is pure, for octets from anybody.
package struct ResponseHead: Sendable {
    package let status: Int
    package let isVersion11: Bool
    package let headers: [(name: String, value: String)]
    /// Octets up to and including the empty line.
    package let length: Int

    package enum Outcome: Sendable {
        case head(ResponseHead)
        case incomplete
        case malformed(String)
        case tooLarge
    }

    /// Parses the head at the start of `octets`. Lines end with CR LF and nothing else.
    package static func parse(_ octets: [UInt8], maxOctets: Int, maxHeaders: Int) -> Outcome {
        guard let end = endOfHead(octets, limit: maxOctets) else {
            return octets.count >= maxOctets ? .tooLarge : .incomplete
        }
        let lines = lines(octets[..<(end - 2)])
        guard let lines, let first = lines.first else { return .malformed("line ends") }
        guard let (status, isVersion11) = statusLine(first) else { return .malformed("status line") }
        guard lines.count - 1 <= maxHeaders else { return .tooLarge }
        var headers: [(name: String, value: String)] = []
        headers.reserveCapacity(lines.count)
        for line in lines.dropFirst() {
            guard let header = header(line) else { return .malformed("header line") }
            headers.append(header)
        }
        return .head(ResponseHead(status: status, isVersion11: isVersion11, headers: headers, length: end))
    }

    /// The values of a header, in their order.
    func values(_ name: String) -> [String] {
        headers.filter { OutboundRequest.equal($0.name, name) }.map(\.value)
    }

    /// The index behind the first empty line, within the limit.
    private static func endOfHead(_ octets: [UInt8], limit: Int) -> Int? {
        let most = min(octets.count, limit)
        guard most >= 4 else { return nil }
        var at = 3
        while at < most {
            // Looks at the last of four octets first: most steps are then four long.
            switch octets[at] {
            case 0x0A:
                if octets[at - 1] == 0x0D, octets[at - 2] == 0x0A, octets[at - 3] == 0x0D { return at + 1 }
                at += 2
            case 0x0D: at += 1
            default: at += 4
            }
        }
        return nil
    }

    /// The lines without their ends; nil when a CR or LF stands alone.
    private static func lines(_ octets: ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
        var lines: [ArraySlice<UInt8>] = []
        var start = octets.startIndex
        var at = start
        while at < octets.endIndex {
            if octets[at] == 0x0A { return nil }
            if octets[at] == 0x0D {
                guard at + 1 < octets.endIndex, octets[at + 1] == 0x0A else { return nil }
                lines.append(octets[start..<at])
                start = at + 2
                at += 1
            }
            at += 1
        }
        return start == octets.endIndex ? lines : nil
    }

    /// `HTTP/1.1 200 OK`; the reason may be missing.
    private static func statusLine(_ line: ArraySlice<UInt8>) -> (status: Int, isVersion11: Bool)? {
        let line = Array(line)
        guard line.count >= 12, line[..<7].elementsEqual("HTTP/1.".utf8), line[7] == 0x30 || line[7] == 0x31,
            line[8] == 0x20, line[9...11].allSatisfy({ 0x30...0x39 ~= $0 }), line.count == 12 || line[12] == 0x20,
            line.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
        else { return nil }
        let status = line[9...11].reduce(0) { $0 * 10 + Int($1 - 0x30) }
        return 100...599 ~= status ? (status, line[7] == 0x31) : nil
    }

    /// A name, a colon, a value. No space before the colon and no folded lines (RFC 9112, 5.1 and 5.2).
    private static func header(_ line: ArraySlice<UInt8>) -> (name: String, value: String)? {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
            line[..<colon].allSatisfy(OutboundRequest.isToken)
        else { return nil }
        let isBlank = { (octet: UInt8) in octet == 0x20 || octet == 0x09 }
        var value = line[(colon + 1)...].drop(while: isBlank)
        while let last = value.last, isBlank(last) { value.removeLast() }
        guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else { return nil }
        return (String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self))
    }
}

/// How long the body of an answer is (RFC 9112, 6.3). What two readers could understand in two ways is refused.
enum BodyFraming: Equatable {
    case none
    case length(Int)
    case chunked
    case untilClose

    init(_ head: ResponseHead, method: String) throws(OutboundError) {
        let encodings = head.values("transfer-encoding")
        let lengths = head.values("content-length")
        for encoding in head.values("content-encoding") where !OutboundRequest.equal(encoding, "identity") {
            throw .malformed("the body is encoded, which was not asked for")
        }
        if method == "HEAD" || head.status == 204 || head.status == 304 {
            self = .none
        } else if !encodings.isEmpty {
            guard head.isVersion11, lengths.isEmpty, encodings.count == 1,
                OutboundRequest.equal(encodings[0], "chunked")
            else { throw .malformed("transfer encoding") }
            self = .chunked
        } else if let first = lengths.first {
            guard lengths.allSatisfy({ $0 == first }), 1...15 ~= first.utf8.count,
                first.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let length = Int(first)
            else { throw .malformed("content length") }
            self = .length(length)
        } else {
            self = .untilClose
        }
    }
}
