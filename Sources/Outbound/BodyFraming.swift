/// How the end of an answer's body is told.
enum BodyFraming: Equatable {
    case none
    case length(Int)
    case chunked
    case untilClose

    /// After RFC 9112 section 6.3, but where that section lets a client guess, this refuses. Answers to HEAD, and those
    /// with status 204 or 304, have no body whatever their fields say.
    init(of head: ResponseHead, method: String) throws(OutboundError) {
        let codings = head.values(of: "transfer-encoding")
        let length = try Self.length(head.values(of: "content-length"))
        if !codings.isEmpty {
            guard head.minorVersion == 1 else { throw .malformed("a transfer encoding in HTTP/1.0") }
            guard length == nil else { throw .malformed("both a length and a transfer encoding") }
            guard codings.count == 1, ASCII.equalsIgnoringCase(codings[0].utf8, "chunked".utf8) else {
                throw .malformed("a transfer encoding other than chunked")
            }
        }
        if method == "HEAD" || head.status == 204 || head.status == 304 {
            self = .none
            return
        }
        let isEncoded = head.values(of: "content-encoding").contains { value in
            !value.isEmpty && !ASCII.equalsIgnoringCase(value.utf8, "identity".utf8)
        }
        // Only identity was asked for, so nothing is ever decompressed and no answer can grow in memory.
        guard !isEncoded else { throw .malformed("a content encoding that was not asked for") }
        if !codings.isEmpty {
            self = .chunked
        } else if let length {
            self = .length(length)
        } else {
            self = .untilClose
        }
    }

    /// Nil without the field. The same length said twice is one length, different ones are an attack.
    private static func length(_ values: [String]) throws(OutboundError) -> Int? {
        var length: Int?
        for value in values {
            guard let number = ASCII.decimal(value.utf8, maximumDigits: 15) else {
                throw .malformed("a content length that is not a number")
            }
            guard length == nil || length == number else { throw .malformed("two different content lengths") }
            length = number
        }
        return length
    }
}
