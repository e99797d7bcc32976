/// The grammar of `HTTPURL`.
enum HTTPURLParser {
    static func parse(_ text: [UInt8]) throws(URLProblem) -> HTTPURL {
        try checkOctets(text)
        let (scheme, rest) = try scheme(of: text)
        let end = rest.firstIndex { $0 == ASCII.slash || $0 == UInt8(ascii: "?") } ?? rest.endIndex
        let authority = rest[..<end]
        guard !authority.contains(UInt8(ascii: "@")) else { throw .userInfo }
        guard !authority.contains(ASCII.percent) else { throw .percentInHost }
        let (host, portText) = try split(authority)
        let literal = try literal(host, isBracketed: authority.first == UInt8(ascii: "["))
        var port = scheme.defaultPort
        if let portText {
            guard let value = PortSet.port(portText) else { throw .port }
            port = value
        }
        let (path, query) = try target(rest[end...])
        let name = literal?.description ?? String(decoding: host.map(ASCII.lowercased), as: UTF8.self)
        return HTTPURL(scheme: scheme, host: name, port: port, path: path, query: query, literal: literal)
    }

    /// Whether the octets begin with a percent sign and two hexadecimal digits.
    static func isEscape(_ octets: ArraySlice<UInt8>) -> Bool {
        let digits = octets.dropFirst().prefix(2)
        return octets.first == ASCII.percent && digits.count == 2 && digits.allSatisfy { ASCII.hexValue($0) != nil }
    }

    private static func checkOctets(_ text: [UInt8]) throws(URLProblem) {
        guard !text.isEmpty else { throw .empty }
        guard text.count <= HTTPURL.maximumLength else { throw .tooLong }
        for octet in text {
            guard octet < 0x80 else { throw .notASCII }
            guard ASCII.isPrintable(octet) else { throw .whitespaceOrControl }
            guard octet != UInt8(ascii: "\\") else { throw .backslash }
            guard octet != UInt8(ascii: "#") else { throw .fragment }
        }
    }

    private static func scheme(of text: [UInt8]) throws(URLProblem) -> (HTTPURL.Scheme, ArraySlice<UInt8>) {
        for (scheme, prefix) in [(HTTPURL.Scheme.http, "http://"), (.https, "https://")] {
            let length = prefix.utf8.count
            if ASCII.equalsIgnoringCase(text.prefix(length), prefix.utf8) { return (scheme, text.dropFirst(length)) }
        }
        throw .scheme
    }

    /// Host without brackets, and the text after the colon where there is one.
    private static func split(
        _ authority: ArraySlice<UInt8>
    ) throws(URLProblem) -> (host: ArraySlice<UInt8>, port: ArraySlice<UInt8>?) {
        guard let first = authority.first else { throw .noHost }
        if first == UInt8(ascii: "[") {
            guard let close = authority.firstIndex(of: UInt8(ascii: "]")) else { throw .ipv6 }
            let rest = authority[close...].dropFirst()
            guard rest.isEmpty || rest.first == ASCII.colon else { throw .ipv6 }
            return (authority[..<close].dropFirst(), rest.isEmpty ? nil : rest.dropFirst())
        }
        guard let colon = authority.firstIndex(of: ASCII.colon) else { return (authority, nil) }
        let port = authority[colon...].dropFirst()
        guard !port.contains(ASCII.colon) else { throw .ipv6 }
        guard colon != authority.startIndex else { throw .noHost }
        return (authority[..<colon], port)
    }

    /// The address of a literal; nil for a valid host name.
    private static func literal(
        _ host: ArraySlice<UInt8>, isBracketed: Bool
    ) throws(URLProblem) -> IPAddress? {
        if isBracketed {
            guard let address = IPAddress.ipv6(host) else { throw .ipv6 }
            return address
        }
        if let address = IPAddress.ipv4(host) { return address }
        try checkName(host)
        return nil
    }

    private static func checkName(_ host: ArraySlice<UInt8>) throws(URLProblem) {
        guard host.last != UInt8(ascii: ".") else { throw .trailingDot }
        guard host.count <= 253 else { throw .hostTooLong }
        let labels = host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        for label in labels {
            let hyphen = UInt8(ascii: "-")
            let isWellFormed = label.allSatisfy { ASCII.isDigit($0) || ASCII.isLetter($0) || $0 == hyphen }
            guard isWellFormed, (1...63).contains(label.count), label.first != hyphen, label.last != hyphen else {
                throw .hostName
            }
        }
        // As in the WHATWG URL standard: a last label that is a number makes the host an IPv4 address, and getaddrinfo
        // reads every such spelling (0x7f.1, 017700000001, 2130706433) as one.
        if let last = labels.last, isNumber(last) { throw .notDottedDecimal }
    }

    private static func isNumber(_ label: ArraySlice<UInt8>) -> Bool {
        if label.allSatisfy(ASCII.isDigit) { return true }
        return ASCII.equalsIgnoringCase(label.prefix(2), "0x".utf8)
            && label.dropFirst(2).allSatisfy { ASCII.hexValue($0) != nil }
    }

    private static func target(_ text: ArraySlice<UInt8>) throws(URLProblem) -> (path: String, query: String?) {
        for index in text.indices where text[index] == ASCII.percent {
            guard isEscape(text[index...]) else { throw .percentEncoding }
        }
        let mark = text.firstIndex(of: UInt8(ascii: "?"))
        let query = mark.map { String(decoding: text[$0...].dropFirst(), as: UTF8.self) }
        return (String(decoding: text[..<(mark ?? text.endIndex)], as: UTF8.self), query)
    }
}
