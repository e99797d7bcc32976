import Domain
import JSON

/// What a handler is given: the request, what the table found out about it, and the clock.
struct Call: Sendable {
    let request: SimRequest
    let captures: [String: String]
    /// 64 hexadecimal digits, the same for the same request.
    let id: String
    let fault: Fault?
    let now: Timestamp
    let jobs: JobBoard

    /// The body, which must be one JSON object.
    func json() throws(Problem) -> JSONValue {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONParser.parse(request.body, limits: JSONLimits(octets: 16_777_216))
        } catch {
            throw .badJSON("\(error.reason.rawValue) at offset \(error.position)")
        }
        guard value.object != nil else { throw .badJSON("the value is not an object") }
        return value
    }

    /// The first `length` digits of the ID behind a vendor's prefix.
    func id(_ prefix: String, length: Int = 24) -> String { prefix + id.prefix(length) }
}

extension JSONValue {
    /// The member if it is there and not null.
    func given(_ name: String) -> JSONValue? {
        guard let value = self[name], !value.isNull else { return nil }
        return value
    }

    /// The text of a message's content: a string, or the `text` of each of its parts.
    var plainText: String? {
        if let string { return string }
        return array.map { $0.compactMap { $0["text"]?.string }.joined(separator: " ") }
    }
}
