/// The part of a request that a cloud's signature covers, spelled in the one way that both sides agree on.
///
/// AWS Signature Version 4 and Alibaba's ACS3 share everything here but the name of the hash header.
package struct CanonicalRequest: Sendable, Equatable {
    /// An upper-case token such as `POST`.
    package let method: String
    /// The path as it is on the request line, without the query.
    package let path: String
    /// What follows the question mark on the request line.
    package let query: String
    /// Every field that is signed, `Host` among them. Repeated names are joined in their order.
    package let headers: [(name: String, value: String)]
    /// The SHA-256 of the body in hexadecimal digits.
    package let bodyHash: String
    /// Whether dot segments and empty segments are removed from the path; S3 alone does not want that.
    package let normalizesPath: Bool

    package init(
        method: String, path: String, query: String, headers: [(name: String, value: String)], body: [UInt8],
        normalizesPath: Bool = true
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.normalizesPath = normalizesPath
        bodyHash = Hexadecimal.text(Digest.sha256(body))
    }

    init(_ other: CanonicalRequest, headers: [(name: String, value: String)]) {
        method = other.method
        path = other.path
        query = other.query
        self.headers = headers
        bodyHash = other.bodyHash
        normalizesPath = other.normalizesPath
    }

    package static func == (left: CanonicalRequest, right: CanonicalRequest) -> Bool {
        left.text == right.text
    }

    /// The lower-case names in order, separated by semicolons.
    package var signedHeaders: String { canonicalHeaders.map(\.name).joined(separator: ";") }

    /// The whole text that is hashed.
    package var text: String {
        let lines = canonicalHeaders.map { "\($0.name):\($0.value)\n" }.joined()
        return [method, canonicalPath, canonicalQuery, lines, signedHeaders, bodyHash].joined(separator: "\n")
    }

    private var canonicalHeaders: [(name: String, value: String)] {
        var values: [String: [String]] = [:]
        for (name, value) in headers { values[Self.lowered(name), default: []].append(Self.collapsed(value)) }
        return values.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            .map { (name: $0.key, value: $0.value.joined(separator: ",")) }
    }

    /// ASCII only: names of fields have nothing else.
    private static func lowered(_ name: String) -> String {
        String(decoding: name.utf8.map { 0x41...0x5A ~= $0 ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    /// Without white space at the ends, and with one space where there was more, folded lines included.
    private static func collapsed(_ value: String) -> String {
        value.utf8.split { [0x20, 0x09, 0x0A, 0x0D].contains($0) }.map { String(decoding: $0, as: UTF8.self) }
            .joined(separator: " ")
    }

    private var canonicalPath: String {
        let octets = path.isEmpty ? "/" : path
        return URIEncoding.encode(normalizesPath ? Self.normalized(octets) : octets, keepingSlashes: true)
    }

    /// RFC 3986 section 5.2.4, and without empty segments.
    private static func normalized(_ path: String) -> String {
        var kept: [Substring.UTF8View] = []
        for segment in Substring(path).utf8.split(separator: UInt8(ascii: "/")) {
            switch String(decoding: segment, as: UTF8.self) {
            case ".": break
            case "..": _ = kept.popLast()
            default: kept.append(segment)
            }
        }
        let text = "/" + kept.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
        return path.utf8.last == UInt8(ascii: "/") && !kept.isEmpty ? text + "/" : text
    }

    /// Each name and value decoded and encoded in the one way, sorted by both.
    private var canonicalQuery: String {
        let pairs = query.utf8.split(separator: UInt8(ascii: "&")).map { part in
            let halves = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            return (
                name: URIEncoding.recode(halves.first ?? part),
                value: halves.count > 1 ? URIEncoding.recode(halves[1]) : ""
            )
        }
        return pairs.sorted { ($0.name, $0.value) < ($1.name, $1.value) }.map { "\($0.name)=\($0.value)" }
            .joined(separator: "&")
    }
}

/// Percent-encoding as the clouds' signatures want it: everything but the unreserved characters of RFC 3986.
package enum URIEncoding {
    /// The text with every octet escaped that is not a letter, a digit or one of `-._~`.
    package static func encode(_ text: String, keepingSlashes: Bool = false) -> String {
        encode(text.utf8, keepingSlashes: keepingSlashes)
    }

    /// A form body or query of these pairs, in their order.
    package static func form(_ pairs: [(String, String)]) -> String {
        pairs.map { encode($0.0) + "=" + encode($0.1) }.joined(separator: "&")
    }

    private static func encode(_ octets: some Sequence<UInt8>, keepingSlashes: Bool) -> String {
        var result: [UInt8] = []
        for octet in octets {
            if isUnreserved(octet) || keepingSlashes && octet == UInt8(ascii: "/") {
                result.append(octet)
            } else {
                result += [UInt8(ascii: "%")] + Hexadecimal.upper(octet)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Escapes are undone first, so that what is encoded already is not encoded again. A broken escape stands for
    /// itself.
    static func recode(_ octets: some Sequence<UInt8>) -> String {
        var decoded: [UInt8] = []
        var rest = Array(octets)[...]
        while let octet = rest.popFirst() {
            let digits = rest.prefix(2).compactMap(Hexadecimal.value)
            if octet == UInt8(ascii: "%"), digits.count == 2 {
                decoded.append(digits[0] << 4 | digits[1])
                rest = rest.dropFirst(2)
            } else {
                decoded.append(octet)
            }
        }
        return encode(decoded, keepingSlashes: false)
    }

    private static func isUnreserved(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
