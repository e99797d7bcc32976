import Crypto
import Domain
import HTTP

extension Request {
    /// `limit`, `offset` and `cursor` of a list; a cursor names its list, so that one of another list is refused. Each
    /// provider's list is one of its own: see `Cursor.list`.
    func page(of list: String) throws(Failure) -> Page {
        let limit = try queryNumber("limit", in: 1...500) ?? 50
        let offset = try queryNumber("offset", in: 0...1_000_000_000)
        guard let text = query["cursor"] else { return Page(limit: limit, offset: offset ?? 0) }
        guard offset == nil || offset == 0 else { throw .invalid("offset", "cannot be used together with cursor") }
        guard let position = Cursor.position(in: text, of: list) else {
            throw .invalid("cursor", "is not a cursor of this list")
        }
        return Page(limit: limit, after: position)
    }

    /// A whole number in the query.
    func queryNumber(_ name: String, in range: ClosedRange<Int>) throws(Failure) -> Int? {
        guard let text = query[name] else { return nil }
        guard 1...12 ~= text.utf8.count, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 || $0 == UInt8(ascii: "-") }),
            let number = Int(text), range ~= number
        else { throw .invalid(name, "must be a whole number between \(range.lowerBound) and \(range.upperBound)") }
        return number
    }

    /// `true` or `false` in the query.
    func queryBool(_ name: String) throws(Failure) -> Bool? {
        switch query[name] {
        case nil: nil
        case "true": true
        case "false": false
        default: throw .invalid(name, "must be true or false")
        }
    }

    /// One of the values of an enumeration in the query.
    func queryChoice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, _ type: Choice.Type = Choice.self
    ) throws(Failure) -> Choice? where Choice.RawValue == String {
        guard let text = query[name] else { return nil }
        guard let choice = Choice(rawValue: text) else {
            throw .invalid(name, "must be one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return choice
    }

    /// A text in the query, such as a model's or a user's ID. An empty one is refused: it would be no filter.
    func queryText(_ name: String, length: ClosedRange<Int> = 1...200) throws(Failure) -> String? {
        guard let text = query[name] else { return nil }
        guard length ~= text.unicodeScalars.count else {
            throw .invalid(name, "must have \(length.lowerBound) to \(length.upperBound) characters")
        }
        return text
    }
}

/// Where a page ended, in a form that callers pass back and do not read.
enum Cursor {
    /// The name of a provider's list of something.
    static func list(_ noun: String, of provider: ProviderSlug) -> String { "\(noun) \(provider.text)" }

    static func text(_ position: String, of list: String) -> String {
        Base64URL.encode(Array("\(list) \(position)".utf8))
    }

    static func position(in text: String, of list: String) -> String? {
        guard text.utf8.count <= 500, let octets = Base64URL.decode(text),
            let plain = String(validating: octets, as: UTF8.self), plain.hasPrefix(list + " ")
        else { return nil }
        return String(plain.dropFirst(list.count + 1))
    }
}
