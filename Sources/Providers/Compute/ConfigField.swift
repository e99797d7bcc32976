import Domain
import JSON
import Outbound

/// One field of a compute provider's configuration. All values are strings.
package struct ConfigField: Sendable {
    /// What a value has to look like.
    package enum Form: Sendable {
        /// Any printable text on one line.
        case text
        /// Printable ASCII without spaces, as it goes into headers and paths.
        case word
        /// A word of letters, digits, and `-._:@$` that is put into host names, paths or queries.
        case identifier
        /// An identifier in which an exclamation mark may stand, as in a token's ID with its user.
        case identifierWithMark
        /// Lower-case letters, digits and hyphens, as regions and projects have them: a part of a host name.
        case region
        /// A host name or address, with a port or without.
        case host
        /// A port, 1 to 65535.
        case port
        /// An http or https URL without a query.
        case url
        /// `true` or `false`.
        case flag
        /// A text of several lines, such as a key in PEM or a file in JSON.
        case document
    }

    /// Fields that are secret whatever the provider.
    package static let alwaysSecret: Set<String> = [
        "password", "secret_key", "client_secret", "private_key", "access_key_secret", "credentials_json",
        "token_secret", "session_token",
    ]

    package let name: String
    package let isRequired: Bool
    package let isSecret: Bool
    package let form: Form

    init(_ name: String, _ form: Form, required: Bool = false, secret: Bool = false) {
        self.name = name
        self.form = form
        isRequired = required
        isSecret = secret || Self.alwaysSecret.contains(name)
    }

    /// Why a value is refused, as a sentence part that follows the field's name; nil for one that is fine.
    package func problem(_ value: String) -> String? {
        guard !value.isEmpty else { return "must not be empty" }
        guard value != Secret.mask else { return "is the mask of what is stored" }
        guard value.utf8.count <= form.maxOctets else {
            return "must not be longer than \(form.maxOctets) characters"
        }
        return form.problem(value)
    }
}

extension ConfigField.Form {
    fileprivate var maxOctets: Int {
        switch self {
        case .document: 16_384
        case .word, .url: 2_048
        default: 255
        }
    }

    fileprivate func problem(_ value: String) -> String? {
        switch self {
        case .text:
            value.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F ~= $0.value) }
                ? nil : "must be one line of printable text"
        case .word: value.utf8.allSatisfy { 0x21...0x7E ~= $0 } ? nil : "must be printable ASCII without spaces"
        case .identifier: Self.isMade(value, "-._:@$+") ? nil : "must be letters, digits and any of -._:@$+"
        case .identifierWithMark:
            Self.isMade(value, "-._:@$+!") ? nil : "must be letters, digits and any of -._:@$+!"
        case .region:
            Self.isMade(value, "-") && value.utf8.count <= 63 && value == value.lowercased()
                && !value.hasPrefix("-") && !value.hasSuffix("-")
                ? nil : "must be lower-case letters, digits and inner hyphens"
        case .host: Self.hostProblem(value)
        case .port:
            value.utf8.first != UInt8(ascii: "0") && value.utf8.allSatisfy { 0x30...0x39 ~= $0 }
                && Int(value).map { 1...65_535 ~= $0 } == true ? nil : "must be a number from 1 to 65535"
        case .url: Self.urlProblem(value)
        case .flag: ["true", "false"].contains(value) ? nil : "must be \"true\" or \"false\""
        case .document:
            value.unicodeScalars.allSatisfy { $0.value >= 0x20 || [0x09, 0x0A, 0x0D].contains($0.value) }
                ? nil : "must be text"
        }
    }

    private static func isMade(_ value: String, _ others: String) -> Bool {
        value.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: others.utf8.contains($0)
            }
        }
    }

    private static func hostProblem(_ value: String) -> String? {
        guard !value.contains("/") else { return "must be a host with or without a port, not a URL" }
        do throws(URLProblem) {
            let url = try HTTPURL("https://" + value)
            return url.path.isEmpty && url.query == nil ? nil : "must be a host with or without a port, not a URL"
        } catch {
            return "must be a host with or without a port: " + error.reason
        }
    }

    private static func urlProblem(_ value: String) -> String? {
        do throws(URLProblem) {
            return try HTTPURL(value).query == nil ? nil : "must not have a query"
        } catch {
            return "is not acceptable: " + error.reason
        }
    }
}
