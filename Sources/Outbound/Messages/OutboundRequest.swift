/// A request to somebody else's server, with the limits of its answer. Times are in milliseconds.
package struct OutboundRequest: Sendable {
    package var method: String
    package var url: HTTPURL
    package var headers: [(String, String)]
    package var body: [UInt8]
    /// For everything together: resolving, connecting, sending, the last octet of the answer.
    package var deadlineMilliseconds: Int
    package var connectMilliseconds: Int
    /// The longest silence of the other side.
    package var idleMilliseconds: Int
    package var maxHeadOctets: Int
    package var maxHeaders: Int
    package var maxBodyOctets: Int
    /// Off for a server whose certificate an administrator has chosen not to check.
    package var verifiesCertificate: Bool

    package init(
        method: String, url: HTTPURL, headers: [(String, String)] = [], body: [UInt8] = [],
        deadlineMilliseconds: Int = 30_000, connectMilliseconds: Int = 10_000, idleMilliseconds: Int = 30_000,
        maxHeadOctets: Int = 65_536, maxHeaders: Int = 200, maxBodyOctets: Int = 10_485_760,
        verifiesCertificate: Bool = true
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.deadlineMilliseconds = deadlineMilliseconds
        self.connectMilliseconds = connectMilliseconds
        self.idleMilliseconds = idleMilliseconds
        self.maxHeadOctets = maxHeadOctets
        self.maxHeaders = maxHeaders
        self.maxBodyOctets = maxBodyOctets
        self.verifiesCertificate = verifiesCertificate
    }

    /// The request's octets. A line end or NUL in any part would make two requests of one: `.invalidRequest`.
    func encoded() throws(OutboundError) -> [UInt8] {
        var text = "\(method) \(url.target) HTTP/1.1\r\nHost: \(url.authority)\r\nAccept-Encoding: identity\r\n"
        if !headers.contains(where: { Self.equal($0.0, "user-agent") }) { text += "User-Agent: providerd\r\n" }
        if !body.isEmpty || method == "POST" || method == "PUT" { text += "Content-Length: \(body.count)\r\n" }
        guard !method.isEmpty, method.utf8.allSatisfy(Self.isToken) else { throw .invalidRequest("method") }
        for (name, value) in headers {
            guard !name.isEmpty, name.utf8.allSatisfy(Self.isToken) else { throw .invalidRequest("header name") }
            guard value.utf8.allSatisfy({ 0x20...0x7E ~= $0 || $0 == 0x09 }) else {
                throw .invalidRequest("value of the header \(name)")
            }
            guard
                !["host", "content-length", "transfer-encoding", "connection"].contains(where: { Self.equal(name, $0) })
            else { throw .invalidRequest("the header \(name) is the client's own") }
            text += "\(name): \(value)\r\n"
        }
        return Array((text + "\r\n").utf8) + body
    }

    /// The characters of a token (RFC 9110, 5.6.2).
    static func isToken(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// Without case, by octets.
    static func equal(_ left: String, _ right: String) -> Bool {
        left.utf8.elementsEqual(right.utf8) { lowered($0) == lowered($1) }
    }

    private static func lowered(_ octet: UInt8) -> UInt8 { 0x41...0x5A ~= octet ? octet | 0x20 : octet }
}

/// A whole answer.
package struct OutboundResponse: Sendable {
    package let status: Int
    /// In their order; a name may stand more than once.
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]

    /// The first value of a header, its name matched without case.
    package func header(_ name: String) -> String? {
        headers.first { OutboundRequest.equal($0.name, name) }?.value
    }
}
