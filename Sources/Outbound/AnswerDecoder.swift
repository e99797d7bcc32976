/// How much of an answer is accepted.
package struct AnswerLimits: Sendable {
    package var headOctets: Int
    package var headers: Int
    package var bodyOctets: Int
    /// 1xx answers before the real one; servers send one or two.
    package var interimAnswers = 10

    package init(headOctets: Int = 65_536, headers: Int = 200, bodyOctets: Int = 10_485_760) {
        self.headOctets = headOctets
        self.headers = headers
        self.bodyOctets = bodyOctets
    }
}

/// One answer of HTTP/1.1 as a pure state machine: octets in, head and body out, no sockets. It accepts any octets in any
/// pieces; what is not a valid answer within its limits is an error.
package struct AnswerDecoder {
    private enum Stage {
        case head
        case length(remaining: Int)
        case chunked
        case untilClose
        case complete
    }

    private let method: String
    private let limits: AnswerLimits
    private var stage = Stage.head
    private var scanner: HeadScanner
    private var chunks = ChunkDecoder()
    private var interimAnswers = 0
    private var bodyOctets = 0

    /// The final head, once it is complete.
    package private(set) var head: ResponseHead?
    /// Whether the connection may carry another request after this answer.
    package private(set) var canBeKept = false

    /// `method` is the one of the request: an answer to HEAD has no body.
    package init(method: String, limits: AnswerLimits) {
        self.method = method
        self.limits = limits
        scanner = HeadScanner(maxOctets: limits.headOctets, maxHeaders: limits.headers)
    }

    package var isComplete: Bool {
        if case .complete = stage { return true }
        return false
    }

    /// Takes the next octets and hands head and pieces of the body to `deliver`, until that returns false. Octets after
    /// the end of the answer are an error: only one request was sent. After an error the decoder is of no use.
    package mutating func feed(
        _ octets: ArraySlice<UInt8>, _ deliver: (ResponseHead, ArraySlice<UInt8>) -> Bool
    ) throws(OutboundError) {
        var input = octets
        while !input.isEmpty {
            guard let piece = try next(from: &input), let head else { continue }
            bodyOctets += piece.count
            guard bodyOctets <= limits.bodyOctets else { throw .tooLarge(.body) }
            guard deliver(head, piece) else { return }
        }
    }

    /// The other side has ended the connection in an orderly way. Throws `closed` unless that completes the answer.
    package mutating func end() throws(OutboundError) {
        switch stage {
        case .untilClose, .complete: stage = .complete
        case .head, .length, .chunked: throw .closed
        }
    }

    private mutating func next(from input: inout ArraySlice<UInt8>) throws(OutboundError) -> ArraySlice<UInt8>? {
        switch stage {
        case .head:
            if try scanner.take(from: &input) { try finishHead() }
            return nil
        case .length(let remaining):
            let piece = input.prefix(remaining)
            input = input.dropFirst(piece.count)
            stage = piece.count == remaining ? .complete : .length(remaining: remaining - piece.count)
            return piece
        case .chunked:
            let piece = try chunks.next(from: &input)
            if chunks.isComplete { stage = .complete }
            return piece
        case .untilClose:
            defer { input = [] }
            return input
        case .complete: throw .malformed("octets after the end of the answer")
        }
    }

    private mutating func finishHead() throws(OutboundError) {
        let head = try ResponseHead.parse(scanner.head[...], maxHeaders: limits.headers)
        scanner = HeadScanner(maxOctets: limits.headOctets, maxHeaders: limits.headers)
        guard head.status >= 200 else {
            guard head.status != 101 else { throw .malformed("a change of protocol that was not asked for") }
            interimAnswers += 1
            guard interimAnswers <= limits.interimAnswers else { throw .tooLarge(.interimAnswers) }
            return
        }
        let framing = try BodyFraming(of: head, method: method)
        self.head = head
        canBeKept = framing != .untilClose && head.minorVersion == 1 && !head.hasWord("close", in: "connection")
        switch framing {
        case .none, .length(0): stage = .complete
        case .length(let length):
            // Refused before it is read.
            guard length <= limits.bodyOctets else { throw .tooLarge(.body) }
            stage = .length(remaining: length)
        case .chunked: stage = .chunked
        case .untilClose: stage = .untilClose
        }
    }
}
