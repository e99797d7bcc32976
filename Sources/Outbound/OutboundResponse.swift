/// A complete answer. Redirects are answers like any other: nothing is followed.
package struct OutboundResponse: Sendable {
    /// 200 to 599; interim answers are skipped.
    package let status: Int
    /// In the order received, repeated fields included; octets that are not UTF-8 are replaced.
    package let headers: [(name: String, value: String)]
    /// Empty when the body was delivered to a stream.
    package let body: [UInt8]

    /// For tests of what reads answers; the client makes its own from what it received.
    package init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    init(_ head: ResponseHead, body: [UInt8]) {
        self.init(status: head.status, headers: head.headers, body: body)
    }

    /// The first field of that name, whatever the case of its letters.
    package func header(_ name: String) -> String? {
        headers.first { ASCII.equalsIgnoringCase($0.name.utf8, name.utf8) }?.value
    }
}
