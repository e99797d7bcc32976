import Domain

/// The name of a model as its provider spells it, such as `gpt-4o`, `llama2:7b` or `vendor/model`.
///
/// 1 to 200 octets of printable ASCII; spaces only inside, never at an end.
package struct ModelName: Sendable, Hashable {
    package let text: String

    /// The longest name that is accepted, in octets.
    package static let maxOctets = 200

    /// Throws `.invalid` for `field` when the text breaks the rules.
    package init(_ text: String, field: String = "model") throws(Failure) {
        guard !text.isEmpty else { throw .invalid(field, "must not be empty") }
        guard text.utf8.count <= Self.maxOctets else {
            throw .invalid(field, "must not be longer than \(Self.maxOctets) characters")
        }
        guard text.utf8.allSatisfy({ 0x20...0x7E ~= $0 }) else {
            throw .invalid(field, "must be printable ASCII")
        }
        guard text.utf8.first != 0x20, text.utf8.last != 0x20 else {
            throw .invalid(field, "must not begin or end with a space")
        }
        self.text = text
    }
}
