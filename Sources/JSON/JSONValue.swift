/// A parsed JSON text. Numbers keep their spelling, objects their order.
package enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// The member of an object, nil for anything that is not an object or has no such member.
    package subscript(_ name: String) -> JSONValue? {
        if case .object(let object) = self { object[name] } else { nil }
    }

    /// The element of an array, nil for anything that is not an array or is shorter.
    package subscript(_ index: Int) -> JSONValue? {
        if case .array(let elements) = self, elements.indices.contains(index) { elements[index] } else { nil }
    }

    package var string: String? { if case .string(let value) = self { value } else { nil } }
    package var number: JSONNumber? { if case .number(let value) = self { value } else { nil } }
    package var int: Int? { number?.int }
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    package var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
    package var isNull: Bool { self == .null }
}

/// An object's members in the order of the text. Names are unique: the parser refuses duplicates.
package struct JSONObject: Equatable, Sendable {
    /// A name and its value.
    package struct Member: Equatable, Sendable {
        package let name: String
        package let value: JSONValue

        package init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    package var members: [Member]

    package init(_ members: [Member] = []) { self.members = members }

    /// Names are compared by their octets, never by Unicode equivalence.
    package subscript(_ name: String) -> JSONValue? {
        members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }
}

/// A number as it was written. It is never turned into a binary floating-point value.
package struct JSONNumber: Equatable, Sendable {
    package let text: String

    /// Takes any text that the JSON grammar accepts as a number, nil otherwise.
    package init?(_ text: String) {
        guard JSONParser.isNumber(Array(text.utf8)) else { return nil }
        self.text = text
    }

    /// For the parser and for program-made numbers, which are numbers by construction.
    init(trusted text: String) { self.text = text }

    package init(_ value: Int) { text = String(value) }

    /// The value when it is written as an integer (no fraction, no exponent) that fits.
    package var int: Int? { Int(text) }
}
