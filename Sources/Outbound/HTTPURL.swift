/// An absolute http or https URL, parsed once and strictly; the only form in which an address reaches the client.
///
/// Two URLs are equal when their canonical texts are: scheme and host in lower case, the default port left out,
/// IPv6 as RFC 5952 writes it.
package struct HTTPURL: Sendable, Hashable {
    /// The protocols that may be called.
    package enum Scheme: String, Sendable {
        case http, https

        package var defaultPort: Int { self == .http ? 80 : 443 }
    }

    package let scheme: Scheme
    /// Lower-case name, or a literal without brackets.
    package let host: String
    package let port: Int
    /// Empty, or begins with a slash; percent-encoded as it was written.
    package let path: String
    /// What follows the question mark; nil without one.
    package let query: String?
    /// The address when the host is a literal.
    package let literal: IPAddress?

    /// Characters of a whole URL; generous for any provider's endpoint.
    package static let maximumLength = 2_048

    /// Parses octet by octet. What browsers and libc would repair or reinterpret is refused instead.
    package init(_ text: String) throws(URLProblem) {
        self = try HTTPURLParser.parse(Array(text.utf8))
    }

    init(scheme: Scheme, host: String, port: Int, path: String, query: String?, literal: IPAddress?) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = path
        self.query = query
        self.literal = literal
    }

    /// `host` or `host:port` as the Host field has it: an IPv6 literal in brackets, the default port left out.
    package var authority: String {
        let name = literal.map { !$0.isIPv4 } == true ? "[\(host)]" : host
        return port == scheme.defaultPort ? name : "\(name):\(port)"
    }

    /// Scheme, host and port.
    package var origin: String { "\(scheme.rawValue)://\(authority)" }

    /// The canonical text.
    package var text: String { origin + path + (query.map { "?" + $0 } ?? "") }

    /// What the request line names: never empty, without the origin.
    package var requestTarget: String { (path.isEmpty ? "/" : path) + (query.map { "?" + $0 } ?? "") }

    /// The URL with a path (and query) below this one, joined with exactly one slash; queries are joined with `&`.
    ///
    /// Octets that a path or query cannot hold are percent-encoded, a question mark in a path included; an existing
    /// escape such as `%2F` is kept. The result may be longer than `maximumLength`; the client bounds the request's
    /// head. Dot segments are not interpreted: a caller that puts foreign text into a path encodes or refuses them.
    package func appending(path addition: String, query extra: String? = nil) -> HTTPURL {
        let base = path.hasSuffix("/") ? String(path.dropLast()) : path
        let tail = addition.hasPrefix("/") ? String(addition.dropFirst()) : addition
        let joined = addition.isEmpty ? path : base + "/" + Self.escaped(tail, keeping: Self.pathExtras)
        let queries = [query, extra.map { Self.escaped($0, keeping: Self.queryExtras) }].compactMap { $0 }
        return HTTPURL(
            scheme: scheme, host: host, port: port, path: joined,
            query: queries.isEmpty ? nil : queries.joined(separator: "&"), literal: literal)
    }

    private static let pathExtras = Set("-._~!$&'()*+,;=:@/".utf8)
    private static let queryExtras = pathExtras.union("?".utf8)

    private static func escaped(_ text: String, keeping extras: Set<UInt8>) -> String {
        let octets = Array(text.utf8)
        var result: [UInt8] = []
        for (index, octet) in octets.enumerated() {
            let isEscape = octet == ASCII.percent && HTTPURLParser.isEscape(octets[index...])
            if ASCII.isDigit(octet) || ASCII.isLetter(octet) || extras.contains(octet) || isEscape {
                result.append(octet)
            } else {
                let hex = Array("0123456789ABCDEF".utf8)
                result += [ASCII.percent, hex[Int(octet >> 4)], hex[Int(octet & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

extension HTTPURL: CustomStringConvertible {
    /// The origin only: paths and queries of some providers hold a key.
    package var description: String { origin }
}
