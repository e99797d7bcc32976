import Foundation
import JSON
import XCTest

@testable import Crypto

/// A file of Wycheproof vectors from the folder that `VECTORS_DIR` names, or the few embedded ones without it.
struct VectorFile {
    /// What the product did with one case.
    enum Outcome: Equatable {
        case accepted
        case refused
    }

    let name: String
    let groups: [JSONValue]
    private var counts: [String: Int] = [:]

    /// Cases of Wycheproof whose verdict is not ours, by file and `tcId`.
    private static let differing: [String: [Int: (Outcome, String)]] = [
        "json_web_signature_test": [
            367: (.accepted, "the same text as the valid case 357: the padding was lost in the file"),
            370: (.accepted, "the same text as the valid case 357: the padding was lost in the file"),
            372: (.refused, "RFC 7515 section 2 knows no octets outside the alphabet"),
            373: (.refused, "RFC 7515 section 2 knows no octets outside the alphabet"),
        ]
    ]

    static var folder: String? { ProcessInfo.processInfo.environment["VECTORS_DIR"] }

    init(_ name: String) throws {
        self.name = name
        let text: [UInt8]
        if let folder = Self.folder {
            text = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/wycheproof/\(name).json")))
        } else {
            text = Array(try XCTUnwrap(EmbeddedVectors.files[name]).utf8)
        }
        groups = try XCTUnwrap(JSONParser.parse(text)["testGroups"]?.array)
    }

    /// Compares `outcome` with what the vector demands: valid is accepted when the algorithm is supported, everything
    /// else (invalid, "acceptable" and what is not supported) is refused.
    mutating func check(_ test: JSONValue, isSupported: Bool, _ outcome: Outcome) throws {
        let id = try XCTUnwrap(test["tcId"]?.int)
        let result = try XCTUnwrap(test["result"]?.string)
        let differs = Self.folder == nil ? nil : Self.differing[name]?[id]
        let expected: Outcome = differs?.0 ?? (result == "valid" && isSupported ? .accepted : .refused)
        XCTAssertEqual(outcome, expected, "\(name) \(id) \(test["comment"]?.string ?? "") (\(result))")
        counts["\(isSupported ? "" : "unsupported ")\(result) \(outcome)", default: 0] += 1
        if let differs { print("\(name) \(id): \(result) there, \(outcome) here: \(differs.1)") }
    }

    /// Prints how many cases ran, and fails when there was none.
    func finish() {
        let total = counts.values.reduce(0, +)
        let parts = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        let source = Self.folder == nil ? "embedded" : "wycheproof"
        print("\(name) (\(source)): \(total) cases: \(parts.joined(separator: ", "))")
        XCTAssertGreaterThan(total, 0)
    }
}

/// The octets of a member written in hexadecimal digits.
func octets(_ name: String, of value: JSONValue) throws -> [UInt8] {
    try octets(hexadecimal: XCTUnwrap(value[name]?.string))
}

func octets(hexadecimal text: String) throws -> [UInt8] {
    var rest = text[...]
    var octets: [UInt8] = []
    while !rest.isEmpty {
        octets.append(try XCTUnwrap(UInt8(rest.prefix(2), radix: 16)))
        rest = rest.dropFirst(2)
    }
    return octets
}
