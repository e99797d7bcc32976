/// The chunked transfer coding (RFC 9112 section 7.1) as a pure state machine; it accepts any octets in any pieces.
///
/// Strict: a size is 1 to 15 hexadecimal digits and nothing but an extension may follow it, lines end with CRLF.
/// Extensions are skipped and trailers checked and dropped; both are bounded over the whole body.
package struct ChunkDecoder {
    private enum State {
        case size(value: Int, digits: Int)
        case chunkExtension(size: Int)
        case sizeLineFeed(size: Int)
        case data(remaining: Int)
        case dataReturn, dataLineFeed
        case trailerLine, trailerLineFeed
        case complete
    }

    private var state = State.size(value: 0, digits: 0)
    private var extensionOctets = 0
    private var trailer: [UInt8] = []
    private var trailerOctets = 0

    private static let maximumExtensionOctets = 16_384
    private static let maximumTrailerOctets = 8_192

    package init() {}

    package var isComplete: Bool {
        if case .complete = state { return true }
        return false
    }

    /// Takes octets from the front of `input`: returns the next piece of data, or nil when all were taken or the body is
    /// complete. What follows the body stays in `input`.
    package mutating func next(from input: inout ArraySlice<UInt8>) throws(OutboundError) -> ArraySlice<UInt8>? {
        while !isComplete {
            if case .data(let remaining) = state {
                guard !input.isEmpty else { return nil }
                let piece = input.prefix(remaining)
                input = input.dropFirst(piece.count)
                state = piece.count == remaining ? .dataReturn : .data(remaining: remaining - piece.count)
                return piece
            }
            guard let octet = input.popFirst() else { return nil }
            state = try following(octet)
        }
        return nil
    }

    private mutating func following(_ octet: UInt8) throws(OutboundError) -> State {
        switch state {
        case .size(let value, let digits): return try afterSize(octet, value, digits)
        case .chunkExtension(let size):
            if octet == ASCII.carriageReturn { return .sizeLineFeed(size: size) }
            try countExtension(octet)
            return .chunkExtension(size: size)
        case .sizeLineFeed(let size):
            try expect(octet, ASCII.lineFeed)
            return size == 0 ? .trailerLine : .data(remaining: size)
        case .dataReturn:
            try expect(octet, ASCII.carriageReturn)
            return .dataLineFeed
        case .dataLineFeed:
            try expect(octet, ASCII.lineFeed)
            return .size(value: 0, digits: 0)
        case .trailerLine: return try afterTrailer(octet)
        case .trailerLineFeed:
            try expect(octet, ASCII.lineFeed)
            if trailer.isEmpty { return .complete }
            _ = try HeaderField.parse(trailer[...])
            trailer.removeAll(keepingCapacity: true)
            return .trailerLine
        case .data, .complete: return state
        }
    }

    private mutating func afterSize(_ octet: UInt8, _ value: Int, _ digits: Int) throws(OutboundError) -> State {
        if let digit = ASCII.hexValue(octet) {
            guard digits < 15 else { throw .malformed("a chunk size with too many digits") }
            return .size(value: value << 4 | digit, digits: digits + 1)
        }
        guard digits > 0 else { throw .malformed("a chunk without a size") }
        if octet == ASCII.carriageReturn { return .sizeLineFeed(size: value) }
        guard octet == ASCII.semicolon else { throw .malformed("a chunk size that is not hexadecimal") }
        try countExtension(octet)
        return .chunkExtension(size: value)
    }

    private mutating func countExtension(_ octet: UInt8) throws(OutboundError) {
        guard ASCII.isFieldContent(octet) else { throw .malformed("a control character in a chunk extension") }
        extensionOctets += 1
        guard extensionOctets <= Self.maximumExtensionOctets else { throw .tooLarge(.chunkExtensions) }
    }

    private mutating func afterTrailer(_ octet: UInt8) throws(OutboundError) -> State {
        if octet == ASCII.carriageReturn { return .trailerLineFeed }
        guard octet != ASCII.lineFeed else { throw .malformed("a line end that is not CR LF") }
        trailerOctets += 1
        guard trailerOctets <= Self.maximumTrailerOctets else { throw .tooLarge(.trailers) }
        trailer.append(octet)
        return .trailerLine
    }

    private func expect(_ octet: UInt8, _ wanted: UInt8) throws(OutboundError) {
        guard octet == wanted else { throw .malformed("a line end in the wrong place of a chunked body") }
    }
}
