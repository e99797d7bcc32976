/// One request to a provider, with everything it may cost.
package struct OutboundRequest: Sendable {
    /// An upper-case token such as `POST`.
    package var method: String
    package var url: HTTPURL
    /// Fields beyond those the client writes itself (Host, Connection, Content-Length, Accept-Encoding). ASCII only.
    package var headers: [(String, String)]
    package var body: [UInt8]
    /// The whole call, from resolving the name to the last octet of the answer, callbacks of a stream included.
    package var deadlineMilliseconds: Int
    /// Resolving, connecting and the TLS handshake together.
    package var connectMilliseconds: Int
    /// The longest silence while sending, waiting for the head, or reading the body.
    package var idleMilliseconds: Int
    package var maxHeadOctets = 65_536
    package var maxHeaders = 200
    package var maxBodyOctets = 10_485_760
    /// False for a host with a certificate nobody vouches for (a private vSphere); concerns this request only.
    package var verifiesCertificate = true

    package init(
        method: String, url: HTTPURL, headers: [(String, String)] = [], body: [UInt8] = [],
        deadlineMilliseconds: Int = 30_000, connectMilliseconds: Int = 5_000, idleMilliseconds: Int = 30_000
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.deadlineMilliseconds = deadlineMilliseconds
        self.connectMilliseconds = connectMilliseconds
        self.idleMilliseconds = idleMilliseconds
    }

    /// Whether a second attempt cannot do anything twice (RFC 9110 section 9.2.1).
    var isSafe: Bool { method == "GET" || method == "HEAD" }
}

extension OutboundRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Method and origin only: fields, query and body hold credentials.
    package var description: String { "\(method) \(url.origin)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["request": description]) }
}
