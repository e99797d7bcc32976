import Domain

/// The parameters of a query string. A name may stand once.
package struct Query: Sendable, Equatable {
    private let values: [(name: String, value: String)]

    package static let empty = Query(values: [])

    private init(values: [(name: String, value: String)]) { self.values = values }

    /// Splits, then decodes. Invalid percent-encoding, invalid UTF-8, a NUL or a name that stands twice is refused.
    ///
    /// A name stays as it was written, so that an escaped one is not known: nginx limits requests, and the application
    /// chooses their lane, by the parameters that a query is seen to have.
    package init(_ text: String) throws(Failure) {
        var values: [(name: String, value: String)] = []
        for part in text.utf8.split(separator: UInt8(ascii: "&")) {
            guard values.count < 100 else { throw .invalid("query", "has more than 100 parameters") }
            let halves = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard PercentEncoding.decode(halves[0], plusIsSpace: true) != nil,
                let value = PercentEncoding.decode(halves.count > 1 ? halves[1] : "".utf8[...], plusIsSpace: true)
            else { throw .invalid("query", "is not valid percent-encoded UTF-8") }
            let name = String(decoding: halves[0], as: UTF8.self)
            guard !values.contains(where: { $0.name == name }) else {
                throw Self.problem([name], "stands twice in the query")
            }
            values.append((name, value))
        }
        self.values = values
    }

    package subscript(_ name: String) -> String? { values.first { $0.name == name }?.value }

    package var names: [String] { values.map(\.name) }

    /// Refuses parameters that the route does not know, so that a misspelt filter is not silently no filter.
    package func allow(_ known: Set<String>) throws(Failure) {
        let unknown = names.filter { !known.contains($0) }
        guard unknown.isEmpty else { throw Self.problem(unknown, "is not a known parameter") }
    }

    /// Names as the caller sent them, but not all of a long one and not all of many.
    private static func problem(_ names: [String], _ reason: String) -> Failure {
        .invalid(
            names.prefix(20).map { name in
                FieldProblem(name.isEmpty ? "A parameter without a name" : String(name.prefix(64)), reason)
            })
    }

    package static func == (left: Query, right: Query) -> Bool {
        left.values.elementsEqual(right.values) { $0.name == $1.name && $0.value == $1.value }
    }
}

/// Percent-encoding (RFC 3986, 2.1).
package enum PercentEncoding {
    /// The decoded text; nil for a broken escape, invalid UTF-8 or a NUL.
    package static func decode(_ octets: some Collection<UInt8>, plusIsSpace: Bool) -> String? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(octets.count)
        var rest = octets.makeIterator()
        while let octet = rest.next() {
            switch octet {
            case UInt8(ascii: "%"):
                guard let high = rest.next().flatMap(digit), let low = rest.next().flatMap(digit) else { return nil }
                decoded.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: decoded.append(UInt8(ascii: " "))
            default: decoded.append(octet)
            }
        }
        guard !decoded.contains(0) else { return nil }
        return String(validating: decoded, as: UTF8.self)
    }

    private static func digit(_ octet: UInt8) -> UInt8? {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): octet - 0x30
        case UInt8(ascii: "A")...UInt8(ascii: "F"): octet - 0x37
        case UInt8(ascii: "a")...UInt8(ascii: "f"): octet - 0x57
        default: nil
        }
    }
}
