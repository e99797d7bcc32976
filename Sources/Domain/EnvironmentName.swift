/// Which purpose a credential serves, such as `default`, `dev` or `prod`: 1 to 50 letters, digits, `_` and `-`.
package struct EnvironmentName: Sendable, Hashable {
    package let text: String

    /// The environment of a credential for which nobody named one.
    package static let standard = EnvironmentName(known: "default")

    /// Throws `.invalid` for `field`.
    package init(_ text: String, field: String = "environment") throws(Failure) {
        let isAccepted = text.utf8.allSatisfy { octet in
            switch octet {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard 1...50 ~= text.utf8.count, isAccepted else {
            throw .invalid(field, "must have 1 to 50 letters, digits, underscores or hyphens")
        }
        self.text = text
    }

    private init(known text: String) { self.text = text }
}
