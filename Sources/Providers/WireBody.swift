import JSON

/// Pieces of request bodies that several vendors share.
extension JSONWriter {
    /// A conversation of one message by the user, in the form that OpenAI began and most vendors took over.
    mutating func field(_ name: StaticString, userMessage text: String) {
        key(name)
        array([text]) { json, text in
            json.object {
                $0.field("role", "user")
                $0.field("content", text)
            }
        }
    }

    /// The number in its own spelling, or the nearest bound.
    mutating func field(_ name: StaticString, clamped number: JSONNumber, _ low: String, _ high: String) {
        key(name)
        raw(number.clamped(low, high))
    }
}

extension JSONValue {
    /// The value itself when it is an object, for `require`.
    var objectItself: JSONValue? { object == nil ? nil : self }
}
