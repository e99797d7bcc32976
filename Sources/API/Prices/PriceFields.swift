import Domain
import HTTP
import JSON

extension Fields {
    /// A price: 0 or more, at most 10 decimals.
    mutating func price(_ name: String) throws(Failure) -> ExactDecimal? {
        try decimal(name, in: 0...999_999_999_999)
    }

    /// A list of objects, each with the reader of its members. More than `most`: `.invalid`.
    mutating func objects(_ name: String, atMost most: Int) throws(Failure) -> [Fields]? {
        guard let value = value(name) else { return nil }
        guard let elements = value.array else { throw .invalid(path(name), "must be a list") }
        guard elements.count <= most else { throw .invalid(path(name), "must not have more than \(most) elements") }
        var fields: [Fields] = []
        for (index, element) in elements.enumerated() {
            guard let object = element.object else { throw .invalid("\(path(name))[\(index)]", "must be an object") }
            fields.append(Fields(object, in: "\(path(name))[\(index)]"))
        }
        return fields
    }

    /// One of the values of an enumeration.
    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, _ type: Choice.Type = Choice.self
    ) throws(Failure) -> Choice? where Choice.RawValue == String {
        guard let text = try string(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            throw .invalid(path(name), "must be one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return choice
    }
}
