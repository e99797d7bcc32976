/// Why a call got no answer. No case holds anything that the other side wrote.
package enum OutboundError: Error, Equatable, Sendable {
    /// Which part of a call took too long.
    package enum Phase: String, Sendable {
        case resolution = "resolving the name"
        case connection = "connecting"
        case handshake = "the TLS handshake"
        case sending = "sending the request"
        case head = "waiting for the answer"
        case body = "reading the answer"
    }

    /// Which part of an answer is larger than its limit.
    package enum Part: String, Sendable {
        case head, headers, body, trailers
        case chunkExtensions = "chunk extensions"
        case interimAnswers = "interim answers"
    }

    /// The policy forbids the address; the text says why. Nothing was contacted but the resolver.
    case addressRefused(String)
    case cannotResolve
    case cannotConnect
    /// A limit of time passed: the deadline of the call, or the limit of that phase.
    case timedOut(Phase)
    /// No secure connection: OpenSSL's own words.
    case tls(String)
    /// The answer breaks HTTP/1.1, or uses a part of it that was not asked for; the text says which rule.
    case malformed(String)
    case tooLarge(Part)
    /// The other side ended the connection before the answer was complete.
    case closed
    /// The request itself cannot be sent: a defect of the caller.
    case invalidRequest(String)
}
