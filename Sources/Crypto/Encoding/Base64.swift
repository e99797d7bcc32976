/// The two alphabets of RFC 4648, strictly: one text for each sequence of octets and no other.
///
/// White space, missing or surplus padding, letters of the other alphabet and stray bits in the last letter
/// are refused. Leniency would give one token or key several spellings.
package enum Base64 {
    /// Section 4: `+`, `/`, padded with `=` to a multiple of four.
    package static func encode(_ bytes: [UInt8]) -> String { Base64Alphabet.standard.encode(bytes) }

    /// nil when `text` is not exactly what `encode` makes.
    package static func decode(_ text: String) -> [UInt8]? { decode(Array(text.utf8)) }

    /// nil when `text` is not exactly what `encode` makes.
    package static func decode(_ text: [UInt8]) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        let padding = text.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
        return text.withUnsafeBufferPointer {
            Base64Alphabet.standard.decode(UnsafeBufferPointer(rebasing: $0.dropLast(padding)))
        }
    }
}

/// Section 5 of RFC 4648 as RFC 7515 uses it: `-`, `_`, no padding. As strict as `Base64`.
package enum Base64URL {
    /// Without padding.
    package static func encode(_ bytes: [UInt8]) -> String { Base64Alphabet.url.encode(bytes) }

    /// nil when `text` is not exactly what `encode` makes.
    package static func decode(_ text: String) -> [UInt8]? { decode(Array(text.utf8)[...]) }

    static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        text.withUnsafeBufferPointer { Base64Alphabet.url.decode($0) }
    }
}
