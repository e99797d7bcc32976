import Domain
import JSON

/// A strict reader of one JSON object of a request body: every member must be asked for, with its type.
///
/// Each method throws `.invalid` with the member's path. `finish()` refuses members that nobody asked for.
package struct Fields {
    /// What is read.
    package let object: JSONObject
    private let prefix: String
    private var asked: Set<String> = []

    package init(_ object: JSONObject, in prefix: String = "") {
        self.object = object
        self.prefix = prefix.isEmpty ? "" : prefix + "."
    }

    /// How the caller knows the member.
    package func path(_ name: String) -> String { prefix + name }

    package mutating func value(_ name: String) -> JSONValue? {
        asked.insert(name)
        return object[name]
    }

    package mutating func string(_ name: String, length: ClosedRange<Int> = 1...4_096) throws(Failure) -> String? {
        guard let value = value(name) else { return nil }
        guard let string = value.string else { throw .invalid(path(name), "must be a string") }
        guard length ~= string.unicodeScalars.count else {
            throw .invalid(path(name), "must have \(length.lowerBound) to \(length.upperBound) characters")
        }
        return string
    }

    package mutating func bool(_ name: String) throws(Failure) -> Bool? {
        guard let value = value(name) else { return nil }
        guard let bool = value.bool else { throw .invalid(path(name), "must be true or false") }
        return bool
    }

    package mutating func int(_ name: String, in range: ClosedRange<Int>) throws(Failure) -> Int? {
        guard let value = value(name) else { return nil }
        guard let int = value.int else { throw .invalid(path(name), "must be a whole number") }
        guard range ~= int else {
            throw .invalid(path(name), "must be between \(range.lowerBound) and \(range.upperBound)")
        }
        return int
    }

    /// A number with a fraction, kept exactly as it was written.
    package mutating func decimal(_ name: String, in range: ClosedRange<Int>) throws(Failure) -> ExactDecimal? {
        guard let value = value(name) else { return nil }
        guard let number = value.number else { throw .invalid(path(name), "must be a number") }
        guard let decimal = ExactDecimal.json(number.text) else {
            throw .invalid(path(name), "must be a number of at most 15 digits before and 10 after the point")
        }
        guard decimal.isWithin(range) else {
            throw .invalid(path(name), "must be between \(range.lowerBound) and \(range.upperBound)")
        }
        return decimal
    }

    package mutating func object(_ name: String) throws(Failure) -> JSONObject? {
        guard let value = value(name) else { return nil }
        guard let object = value.object else { throw .invalid(path(name), "must be an object") }
        return object
    }

    /// A member that must be there.
    package func required<Value>(_ name: String, _ value: Value?) throws(Failure) -> Value {
        guard let value else { throw .invalid(path(name), "is required") }
        return value
    }

    /// Refuses what nobody asked for.
    package func finish() throws(Failure) {
        let unknown = object.members.map(\.name).filter { !asked.contains($0) }
        guard unknown.isEmpty else {
            throw .invalid(unknown.prefix(20).map { FieldProblem(path(String($0.prefix(64))), "is not a known field") })
        }
    }
}

extension Request {
    /// The body as one JSON object. No body at all is an empty object where the route allows it.
    /// Throws `.unsupportedMediaType`, `.tooLarge`, `.invalid` with the place of a syntax error.
    package func fields(orEmpty: Bool = false) throws(Failure) -> Fields {
        let octets = try body()
        if octets.isEmpty, orEmpty { return Fields(JSONObject()) }
        guard isJSON(header("content-type")) else { throw .unsupportedMediaType }
        guard !octets.isEmpty else { throw .invalid("body", "is empty, but must be a JSON object") }
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONParser.parse(octets)
        } catch {
            let place = error.path.isEmpty ? "body" : error.path
            throw .invalid(place, "is not valid JSON: \(error.reason.rawValue) at byte \(error.position)")
        }
        guard let object = value.object else { throw .invalid("body", "must be a JSON object") }
        return Fields(object)
    }

    /// `application/json`, with or without `charset=utf-8`.
    private func isJSON(_ contentType: String?) -> Bool {
        guard let contentType else { return false }
        let parts = contentType.lowercased().split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
        guard parts.first == "application/json" else { return false }
        return parts.dropFirst().allSatisfy { $0.isEmpty || $0 == "charset=utf-8" || $0 == "charset=\"utf-8\"" }
    }
}
