/// Why a text is not a URL that may be called.
package enum URLProblem: String, Error, Equatable, Sendable {
    case empty = "the URL is empty"
    case tooLong = "the URL is longer than 2048 characters"
    case notASCII = "the URL contains a character outside ASCII"
    case whitespaceOrControl = "the URL contains a space or a control character"
    case backslash = "the URL contains a backslash"
    case fragment = "the URL contains a fragment"
    case scheme = "the URL must begin with http:// or https://"
    case userInfo = "the URL must not contain a user name or a password"
    case noHost = "the URL has no host"
    case percentInHost = "the host must not contain a percent sign"
    case hostTooLong = "the host name is longer than 253 characters"
    case hostName = "the host name must consist of letters, digits and inner hyphens between single dots"
    case trailingDot = "the host name must not end with a dot"
    case notDottedDecimal = "an IPv4 address must be written as four decimal numbers without leading zeros"
    case ipv6 = "an IPv6 address must be a plain address in brackets, without a zone"
    case port = "the port must be a number from 1 to 65535 without leading zeros"
    case percentEncoding = "a percent sign in the path or query must be followed by two hexadecimal digits"

    /// A sentence part for people, without anything from the URL itself.
    package var reason: String { rawValue }
}
