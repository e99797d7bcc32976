/// Finds the end of a head in octets that arrive in any pieces, in time linear in their number.
///
/// What can never become a head is refused at its first octet, not after a limit of time or size: something that is not
/// HTTP at all, a line end that is not CRLF, too many lines.
struct HeadScanner {
    private(set) var head: [UInt8] = []
    private var lines = 0
    private let maxOctets: Int
    private let maxHeaders: Int

    init(maxOctets: Int, maxHeaders: Int) {
        self.maxOctets = maxOctets
        self.maxHeaders = maxHeaders
    }

    /// Takes octets up to and with the empty line from the front of `input`; true when the head is complete.
    mutating func take(from input: inout ArraySlice<UInt8>) throws(OutboundError) -> Bool {
        while let octet = input.popFirst() {
            guard head.count < maxOctets else { throw .tooLarge(.head) }
            try check(octet)
            head.append(octet)
            guard octet == ASCII.lineFeed else { continue }
            lines += 1
            if head.suffix(4).elementsEqual([0x0D, 0x0A, 0x0D, 0x0A]) { return true }
            guard lines - 1 <= maxHeaders else { throw .tooLarge(.headers) }
        }
        return false
    }

    private func check(_ octet: UInt8) throws(OutboundError) {
        let prefix = ResponseHead.prefix
        if head.count < prefix.count, prefix.dropFirst(head.count).first != octet {
            throw .malformed("not an answer of HTTP/1")
        }
        let followsReturn = head.last == ASCII.carriageReturn
        guard followsReturn == (octet == ASCII.lineFeed) else { throw .malformed("a line end that is not CR LF") }
        guard octet != 0 else { throw .malformed("a NUL in the head") }
    }
}
