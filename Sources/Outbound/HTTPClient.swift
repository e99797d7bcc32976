import Glibc

/// Sends requests and reads answers, HTTP/1.1 over TCP or TLS. Shared by all threads of a process.
///
/// No redirects, no cookies, no proxies from the environment: a call goes where its URL says, to an address that the
/// policy allows, and nowhere else. Ignores SIGPIPE for the whole process, because OpenSSL writes with write().
package final class HTTPClient: Sendable {
    private let policy: AddressPolicy
    private let context: TLSContext
    private let kept = KeptWires()

    /// More informational answers before the real one than this are an attack.
    private static let mostInformational = 16

    /// `authoritiesFile` is a PEM file of authorities beyond the system's. Throws `.tls` when it cannot be read.
    package init(policy: AddressPolicy, authoritiesFile: String?) throws(OutboundError) {
        signal(SIGPIPE, SIG_IGN)
        self.policy = policy
        context = try TLSContext(authoritiesFile: authoritiesFile)
    }

    /// The whole answer, whatever its status.
    package func send(_ request: OutboundRequest) throws(OutboundError) -> OutboundResponse {
        var body: [UInt8] = []
        let head = try call(request) { chunk in
            body += chunk
            return true
        }
        return OutboundResponse(status: head.status, headers: head.headers, body: body)
    }

    /// The same, with the body in pieces as they come; `onChunk` ends the call with false. The response has no body.
    package func stream(
        _ request: OutboundRequest, _ onChunk: ([UInt8]) -> Bool
    ) throws(OutboundError) -> OutboundResponse {
        let head = try call(request, onChunk)
        return OutboundResponse(status: head.status, headers: head.headers, body: [])
    }

    private func call(
        _ request: OutboundRequest, _ onChunk: ([UInt8]) -> Bool
    ) throws(OutboundError) -> ResponseHead {
        let octets = try request.encoded()
        let clock = CallClock(
            deadlineMilliseconds: request.deadlineMilliseconds, idleMilliseconds: request.idleMilliseconds)
        let key = KeptWires.Key(origin: request.url.origin, verifiesCertificate: request.verifiesCertificate)
        if let wire = kept.take(key) {
            var exchange = Exchange(wire, request, clock)
            do throws(OutboundError) {
                return try finish(&exchange, octets, key, onChunk)
            } catch .closed where !exchange.hasAnswer && ["GET", "HEAD"].contains(request.method) {
                // The server closed the kept connection just then. Nothing was answered and the method has no
                // effect, so that asking again is safe; a POST is never sent twice.
            }
        }
        let addresses = try policy.resolve(
            request.url, withinMilliseconds: min(clock.remaining, request.connectMilliseconds))
        var exchange = Exchange(try Wire(to: request.url, addresses, request, clock, context), request, clock)
        return try finish(&exchange, octets, key, onChunk)
    }

    private func finish(
        _ exchange: inout Exchange, _ octets: [UInt8], _ key: KeptWires.Key, _ onChunk: ([UInt8]) -> Bool
    ) throws(OutboundError) -> ResponseHead {
        try exchange.send(octets)
        var head = try exchange.readHead()
        var informational = 0
        while head.status < 200 {
            informational += 1
            guard head.status != 101, informational <= Self.mostInformational else {
                throw .malformed("informational answers")
            }
            head = try exchange.readHead()
        }
        if try exchange.readBody(head, onChunk) { kept.keep(exchange.wire, key) }
        return head
    }
}

/// One request and its answer on one connection.
private struct Exchange {
    let wire: Wire
    private let request: OutboundRequest
    private let clock: CallClock
    /// Octets that were read and not used yet.
    private var rest: [UInt8] = []
    private(set) var hasAnswer = false

    init(_ wire: Wire, _ request: OutboundRequest, _ clock: CallClock) {
        self.wire = wire
        self.request = request
        self.clock = clock
    }

    func send(_ octets: [UInt8]) throws(OutboundError) { try wire.write(octets, clock) }

    mutating func readHead() throws(OutboundError) -> ResponseHead {
        while true {
            switch ResponseHead.parse(rest, maxOctets: request.maxHeadOctets, maxHeaders: request.maxHeaders) {
            case .head(let head):
                rest.removeFirst(head.length)
                return head
            case .malformed(let part): throw .malformed(part)
            case .tooLarge: throw .tooLarge("head")
            case .incomplete:
                // What cannot become a head is refused at its first octets, not after a silence.
                guard rest.isEmpty || zip(rest, "HTTP/1.".utf8).allSatisfy({ $0 == $1 }) else {
                    throw .malformed("status line")
                }
                let octets = try wire.read(clock, "the head of the answer")
                guard !octets.isEmpty else { throw .closed }
                hasAnswer = true
                rest += octets
            }
        }
    }

    /// Reads the body to its end. True when the connection can take another request.
    mutating func readBody(_ head: ResponseHead, _ onChunk: ([UInt8]) -> Bool) throws(OutboundError) -> Bool {
        let framing = try BodyFraming(head, method: request.method)
        let isComplete: Bool
        switch framing {
        case .none: isComplete = true
        case .length(let length): isComplete = try readLength(length, onChunk)
        case .chunked: isComplete = try readChunked(onChunk)
        case .untilClose:
            try readUntilClose(onChunk)
            isComplete = false
        }
        let closes = head.values("connection").contains { OutboundRequest.equal($0, "close") }
        return isComplete && rest.isEmpty && head.isVersion11 && !closes
    }

    private mutating func readLength(_ length: Int, _ onChunk: ([UInt8]) -> Bool) throws(OutboundError) -> Bool {
        guard length <= request.maxBodyOctets else { throw .tooLarge("body") }
        var remaining = length
        while remaining > 0 {
            let octets = try next()
            guard !octets.isEmpty else { throw .closed }
            let own = octets.prefix(remaining)
            rest = Array(octets.dropFirst(own.count))
            remaining -= own.count
            guard onChunk(Array(own)) else { return false }
        }
        return true
    }

    private mutating func readChunked(_ onChunk: ([UInt8]) -> Bool) throws(OutboundError) -> Bool {
        var decoder = ChunkedDecoder()
        var total = 0
        while !decoder.isDone {
            let octets = try next()
            guard !octets.isEmpty else { throw .closed }
            let decoded = try decoder.decode(octets[...])
            total += decoded.count
            guard total <= request.maxBodyOctets else { throw .tooLarge("body") }
            if !decoded.isEmpty, !onChunk(decoded) { return false }
        }
        return true
    }

    private mutating func readUntilClose(_ onChunk: ([UInt8]) -> Bool) throws(OutboundError) {
        var total = 0
        while true {
            let octets = try next()
            guard !octets.isEmpty else { return }
            total += octets.count
            guard total <= request.maxBodyOctets else { throw .tooLarge("body") }
            guard onChunk(octets) else { return }
        }
    }

    /// What was read already, or the next piece.
    private mutating func next() throws(OutboundError) -> [UInt8] {
        guard rest.isEmpty else {
            defer { rest = [] }
            return rest
        }
        return try wire.read(clock, "the body of the answer")
    }
}
