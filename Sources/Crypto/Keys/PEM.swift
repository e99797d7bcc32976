/// One PEM block (RFC 7468), read strictly and without libcrypto, whose reader would look past text around the
/// block, take the first of several, and ask the terminal for a pass phrase.
struct PEM {
    let label: String
    let octets: [UInt8]

    /// Throws `malformed` unless `text` is exactly one block, white space around its lines aside.
    init(_ text: String) throws(CryptoError) {
        let lines = text.utf8.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
            .map { Self.trimmed($0) }
            .filter { !$0.isEmpty }
        guard let first = lines.first, let last = lines.last, lines.count >= 3,
            let label = Self.label(first, "-----BEGIN "), Self.label(last, "-----END ") == label
        else { throw .malformed("the text is not one PEM block") }
        guard let octets = Base64.decode(lines.dropFirst().dropLast().flatMap { Array($0) }) else {
            throw .malformed("the PEM block \(label) is not base64, or there is more than one")
        }
        self.label = label
        self.octets = octets
    }

    private static func trimmed(_ line: Substring.UTF8View) -> [UInt8] {
        let isSpace = { (octet: UInt8) in octet == UInt8(ascii: " ") || octet == UInt8(ascii: "\t") }
        return Array(line.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }

    /// The label of a boundary, of capital letters, digits and spaces; nil when the line is none.
    private static func label(_ line: [UInt8], _ opening: String) -> String? {
        let closing = Array("-----".utf8)
        guard line.starts(with: opening.utf8), line.count > opening.utf8.count + closing.count,
            line.suffix(closing.count).elementsEqual(closing)
        else { return nil }
        let label = line.dropFirst(opening.utf8.count).dropLast(closing.count)
        let isLabel = label.allSatisfy {
            switch $0 {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: " "): true
            default: false
            }
        }
        return isLabel ? String(decoding: label, as: UTF8.self) : nil
    }
}

extension PublicKey {
    /// The key of a PEM `PUBLIC KEY` or `CERTIFICATE`.
    static func parse(pem text: String) throws(CryptoError) -> PublicKey {
        let block = try PEM(text)
        switch block.label {
        case "PUBLIC KEY": return try parse(spki: block.octets)
        case "CERTIFICATE": return try parse(certificate: block.octets)
        default: throw .malformed("the PEM block is \(block.label), not PUBLIC KEY or CERTIFICATE")
        }
    }
}
