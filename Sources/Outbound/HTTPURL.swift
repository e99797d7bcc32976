/// Why a text is not a URL that may be called, as a sentence part that follows its name.
package struct URLProblem: Error, Equatable, Sendable {
    package let reason: String

    init(_ reason: String) { self.reason = reason }
}

/// An absolute http or https URL, parsed once and strictly, octet by octet.
///
/// What other parsers read in different ways is refused: user information, backslashes, percent signs and letters
/// outside ASCII in a host, numbers that are IPv4 addresses in disguise, fragments.
package struct HTTPURL: Sendable, Equatable, Hashable {
    package enum Scheme: String, Sendable {
        case http, https
    }

    package let scheme: Scheme
    /// Lower-case; an IPv6 literal without its brackets.
    package let host: String
    package let port: Int
    /// Empty, or begins with a slash.
    package let path: String
    package let query: String?
    /// The address, when the host is one.
    let literal: IPAddress?

    private static let longest = 2_048

    package init(_ text: String) throws(URLProblem) {
        let octets = Array(text.utf8)
        guard octets.count <= Self.longest else { throw URLProblem("is longer than \(Self.longest) characters") }
        guard octets.allSatisfy({ 0x21...0x7E ~= $0 }) else {
            throw URLProblem("must have visible ASCII characters only")
        }
        guard !octets.contains(UInt8(ascii: "\\")) else { throw URLProblem("must not contain a backslash") }
        guard !octets.contains(UInt8(ascii: "#")) else { throw URLProblem("must not have a fragment") }
        let (scheme, rest) = try Self.scheme(octets)
        let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
        let authority = rest[..<end]
        guard !authority.contains(UInt8(ascii: "@")) else { throw URLProblem("must not contain user information") }
        let (host, literal, port) = try Self.hostAndPort(authority)
        let target = rest[end...].split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
        self.scheme = scheme
        self.host = host
        self.literal = literal
        self.port = port ?? (scheme == .http ? 80 : 443)
        path = target.first.map { String(decoding: $0, as: UTF8.self) } ?? ""
        query = target.count > 1 ? String(decoding: target[1], as: UTF8.self) : nil
    }

    /// Scheme, host and port, as in a `Host` header and the start of the URL.
    package var origin: String { "\(scheme.rawValue)://\(authority)" }

    package var text: String { origin + path + (query.map { "?" + $0 } ?? "") }

    /// The value of `Host`: the port only where it is not the scheme's own.
    var authority: String {
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return port == (scheme == .http ? 80 : 443) ? name : "\(name):\(port)"
    }

    /// The path and query of a request line.
    var target: String { (path.isEmpty ? "/" : path) + (query.map { "?" + $0 } ?? "") }

    private static func scheme(_ octets: [UInt8]) throws(URLProblem) -> (Scheme, ArraySlice<UInt8>) {
        for scheme in [Scheme.https, .http] {
            let prefix = Array("\(scheme.rawValue)://".utf8)
            if octets.count >= prefix.count, zip(octets, prefix).allSatisfy({ lowered($0) == $1 }) {
                return (scheme, octets[prefix.count...])
            }
        }
        throw URLProblem("must begin with https:// or http://")
    }

    private static func hostAndPort(
        _ authority: ArraySlice<UInt8>
    ) throws(URLProblem) -> (String, IPAddress?, Int?) {
        if authority.first == UInt8(ascii: "[") {
            guard let close = authority.firstIndex(of: UInt8(ascii: "]")) else {
                throw URLProblem("has a bracket that is not closed")
            }
            let inside = String(decoding: authority[(authority.startIndex + 1)..<close], as: UTF8.self)
            guard let address = IPAddress(inside), case .v6 = address else {
                throw URLProblem("has brackets around something that is no IPv6 address")
            }
            return (address.text, address, try port(authority[(close + 1)...]))
        }
        let colon = authority.firstIndex(of: UInt8(ascii: ":")) ?? authority.endIndex
        let name = authority[..<colon].map(lowered)
        let (host, literal) = try host(name)
        return (host, literal, try port(authority[colon...]))
    }

    /// Labels of letters, digits and hyphens. A last label that is a number makes the host an IPv4 address, for which only
    /// four plain decimal numbers are accepted: other spellings mean different addresses to different parsers.
    private static func host(_ name: [UInt8]) throws(URLProblem) -> (String, IPAddress?) {
        guard !name.isEmpty else { throw URLProblem("has no host") }
        guard name.count <= 253 else { throw URLProblem("has a host longer than 253 characters") }
        let labels = name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.allSatisfy(isLabel), let last = labels.last else {
            throw URLProblem("has a host that is neither a name of letters, digits, hyphens and dots nor an address")
        }
        let text = String(decoding: name, as: UTF8.self)
        let isNumber = last.allSatisfy(isDigit) || last.starts(with: Array("0x".utf8))
        guard isNumber else { return (text, nil) }
        guard let address = IPAddress(text), case .v4 = address else {
            throw URLProblem("has a numeric host that is not four decimal numbers from 0 to 255")
        }
        return (text, address)
    }

    private static func isLabel(_ label: ArraySlice<UInt8>) -> Bool {
        let isAlphanumeric = { (octet: UInt8) in isDigit(octet) || UInt8(ascii: "a")...UInt8(ascii: "z") ~= octet }
        guard let first = label.first, let last = label.last, label.count <= 63 else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    private static func port(_ octets: ArraySlice<UInt8>) throws(URLProblem) -> Int? {
        guard !octets.isEmpty else { return nil }
        let digits = octets.dropFirst()
        guard octets.first == UInt8(ascii: ":"), 1...5 ~= digits.count, digits.allSatisfy(isDigit),
            digits.first != UInt8(ascii: "0"), let port = Int(String(decoding: digits, as: UTF8.self)),
            1...65_535 ~= port
        else { throw URLProblem("has a port that is not a number from 1 to 65535") }
        return port
    }

    private static func isDigit(_ octet: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= octet }

    private static func lowered(_ octet: UInt8) -> UInt8 { 0x41...0x5A ~= octet ? octet | 0x20 : octet }
}
