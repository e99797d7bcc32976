/// Which line of the catalogue prices a call.
package enum ModelMatch {
    /// Stands for every model that has no line of its own.
    package static let wildcard = "*"

    /// The names to look for, the best first; the first that the catalogue has is meant.
    ///
    /// A provider may answer with another model than the one that was asked for and bills the one it reports, so the
    /// requested name only counts where the reported one is a version of it: `gpt-4o-2024-08-06` of `gpt-4o`.
    package static func candidates(reported: String, requested: String) -> [String] {
        var names = [reported]
        if let stem = unversioned(reported), stem != reported { names.append(stem) }
        if isVersion(reported, of: requested), !names.contains(requested) { names.append(requested) }
        if !names.contains(wildcard) { names.append(wildcard) }
        return names
    }

    /// The name without a version at its end: `-YYYY-MM-DD`, `-YYYYMMDD`, `-latest` or `-NNN`; nil without one.
    private static func unversioned(_ name: String) -> String? {
        let octets = Array(name.utf8)
        for ending in ["-####-##-##", "-########", "-latest", "-###"] {
            let pattern = Array(ending.utf8)
            guard octets.count > pattern.count else { continue }
            let matches = zip(octets.suffix(pattern.count), pattern)
                .allSatisfy { octet, wanted in
                    wanted == UInt8(ascii: "#") ? 0x30...0x39 ~= octet : octet == wanted
                }
            if matches { return String(decoding: octets.dropLast(pattern.count), as: UTF8.self) }
        }
        return nil
    }

    /// Whether the name begins with the other one and a version follows: `gpt-4o` is no version of `gpt-4`.
    private static func isVersion(_ name: String, of other: String) -> Bool {
        guard !other.isEmpty, name.utf8.starts(with: other.utf8) else { return false }
        let next = name.utf8.dropFirst(other.utf8.count).first
        return next.map { [UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "@")].contains($0) } ?? true
    }
}
