/// Percent-encoding of paths and queries.
enum Percent {
    /// The decoded text. A `%` that no two hexadecimal digits follow stays as it is.
    static func decoded(_ text: some StringProtocol, plusIsSpace: Bool) -> String {
        var octets: [UInt8] = []
        var rest = Substring(text).utf8[...]
        while let octet = rest.popFirst() {
            if octet == UInt8(ascii: "%"), let value = hexadecimal(rest.prefix(2)) {
                octets.append(value)
                rest = rest.dropFirst(2)
            } else {
                octets.append(plusIsSpace && octet == UInt8(ascii: "+") ? UInt8(ascii: " ") : octet)
            }
        }
        return String(decoding: octets, as: UTF8.self)
    }

    /// The `name=value` pairs of a query, in their order.
    static func pairs(_ query: some StringProtocol) -> [SimHeader] {
        Substring(query).split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count > 1 ? decoded(parts[1], plusIsSpace: true) : ""
            return SimHeader(decoded(parts.first ?? "", plusIsSpace: true), value)
        }
    }

    private static func hexadecimal(_ digits: Substring.UTF8View.SubSequence) -> UInt8? {
        guard digits.count == 2, digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }) else {
            return nil
        }
        return UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
