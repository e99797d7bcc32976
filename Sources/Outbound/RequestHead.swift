/// The octets of a request, as they go over the wire.
enum RequestHead {
    /// Fields that say how the message is framed or routed: only the client writes them.
    private static let reserved: Set<String> = [
        "host", "connection", "content-length", "transfer-encoding", "accept-encoding", "expect", "te", "trailer",
        "upgrade", "keep-alive", "proxy-connection", "proxy-authorization",
    ]

    /// More than any provider accepts.
    private static let maximumLength = 65_536

    /// Head and body. Throws `invalidRequest` for everything that could end a line early or frame the message twice.
    static func octets(of request: OutboundRequest) throws(OutboundError) -> [UInt8] {
        let method = request.method
        guard (1...20).contains(method.utf8.count), method.utf8.allSatisfy({ $0 >= 0x41 && $0 <= 0x5A }),
            method != "CONNECT"
        else { throw .invalidRequest("the method must be an upper-case word") }
        let target = request.url.requestTarget
        guard target.utf8.allSatisfy(ASCII.isPrintable) else { throw .invalidRequest("the path is not printable") }
        var head = "\(method) \(target) HTTP/1.1\r\nHost: \(request.url.authority)\r\n"
        for (name, value) in request.headers {
            try check(name, value)
            head += "\(name): \(value)\r\n"
        }
        if !request.headers.contains(where: { ASCII.equalsIgnoringCase($0.0.utf8, "user-agent".utf8) }) {
            head += "User-Agent: providerd\r\n"
        }
        head += "Accept-Encoding: identity\r\n"
        if !request.body.isEmpty || ["POST", "PUT", "PATCH"].contains(method) {
            head += "Content-Length: \(request.body.count)\r\n"
        }
        head += "\r\n"
        guard head.utf8.count <= maximumLength else { throw .invalidRequest("the head is too long") }
        var octets: [UInt8] = []
        octets.reserveCapacity(head.utf8.count + request.body.count)
        octets += head.utf8
        octets += request.body
        return octets
    }

    /// The refused name or value is not in the error: it may be a credential.
    private static func check(_ name: String, _ value: String) throws(OutboundError) {
        guard !name.utf8.isEmpty, name.utf8.allSatisfy(ASCII.isToken) else {
            throw .invalidRequest("a header has a name that is not a token")
        }
        guard !reserved.contains(name.lowercased()) else {
            throw .invalidRequest("a header that only the client may write")
        }
        let isPlain = value.utf8.allSatisfy { ASCII.isPrintable($0) || $0 == ASCII.space || $0 == ASCII.tab }
        guard isPlain else { throw .invalidRequest("a header value has a character that is not printable ASCII") }
    }
}
