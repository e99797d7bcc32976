/// How a provider is told who asks (contract 4).
package enum AuthType: String, Sendable, CaseIterable {
    /// The key in `Authorization: Bearer`.
    case bearer
    /// The key in the header that the vendor has for keys; at some vendors that is `Authorization: Bearer`, too.
    case apiKey = "api_key"
    /// An access token of OAuth 2 instead of a key, in `Authorization: Bearer` (RFC 6750, 2.1).
    case oauth
    /// Compute providers sign or log in as their adapters know.
    case basic, sigv4

    /// Those that a provider with keys can be set to.
    package static let ofKeys: [AuthType] = [.bearer, .apiKey, .oauth]
}
