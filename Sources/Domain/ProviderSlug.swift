/// The short name of a provider in paths and tables: `openai`, `fal_ai`.
package struct ProviderSlug: Hashable, Sendable {
    package let text: String

    /// Words that stand in paths where a slug could stand, so that no provider may have them.
    package static let reserved: Set<String> = [
        "list", "add", "test", "health-check", "health_check", "usage", "balances", "routing", "events",
    ]

    /// Lower-case letters, digits and underscores, a letter first, at most 50; not a reserved word.
    package init(_ text: String) throws(Failure) {
        let octets = Array(text.utf8)
        let isLetter = { (octet: UInt8) in UInt8(ascii: "a")...UInt8(ascii: "z") ~= octet }
        let isOther = { (octet: UInt8) in
            UInt8(ascii: "0")...UInt8(ascii: "9") ~= octet || octet == UInt8(ascii: "_")
        }
        guard let first = octets.first, octets.count <= 50, isLetter(first),
            octets.allSatisfy({ isLetter($0) || isOther($0) }), !Self.reserved.contains(text)
        else {
            throw .invalid("provider", "must be 1 to 50 lower-case letters, digits or underscores and no reserved word")
        }
        self.text = text
    }
}
