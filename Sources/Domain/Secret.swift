/// Octets that must not be seen. There is no way from here into JSON, a log or a description;
/// whoever needs the octets says so with `withBytes` or `expose`, which is easy to find in a review.
package struct Secret: Sendable, Equatable {
    private let bytes: [UInt8]

    /// What is shown in the place of a secret. Nobody's secret: what is read can be sent back as it is.
    package static let mask = "***masked***"

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package init(_ text: String) { bytes = Array(text.utf8) }

    package var isEmpty: Bool { bytes.isEmpty }

    /// The octets, for sealing or for sending to the provider they belong to.
    package func expose() -> [UInt8] { bytes }

    /// The octets as text, for a header of the provider they belong to.
    package func exposeText() -> String { String(decoding: bytes, as: UTF8.self) }

    /// The last four characters behind an ellipsis, when there are enough others that this tells nothing.
    package var hint: String? {
        bytes.count >= 16 ? "…" + String(decoding: bytes.suffix(4), as: UTF8.self) : nil
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { Self.mask }
    package var debugDescription: String { Self.mask }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
