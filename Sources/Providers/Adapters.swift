import Domain

/// Every provider that the program can talk to.
package enum Adapters {
    /// In the order in which contract 1 lists them.
    package static let language: [any LanguageAdapter] = [
        OpenAIAdapter(), ClaudeAdapter(), GeminiAdapter(), CohereAdapter(), OllamaAdapter(),
    ]

    /// In the order in which contract 2 lists them.
    package static let media: [any MediaAdapter] = [
        FalAdapter(), ReplicateAdapter(), MiniMaxAdapter(), RunwayAdapter(), BlackForestLabsAdapter(),
    ]

    /// The providers of pictures, the default first.
    package static let image: [any ImageAdapter] = [GeminiAdapter(), OpenRouterAdapter(), RequestyAdapter()]

    /// The adapter with this slug, nil when there is none.
    package static func provider(_ slug: String) -> (any ProviderAdapter)? {
        language(slug) ?? media(slug) ?? image(slug)
    }

    /// The adapter that makes pictures with this slug, nil when there is none.
    package static func image(_ slug: String) -> (any ImageAdapter)? { image.first { $0.slug == slug } }

    /// The adapter that lists models with this slug, nil when there is none.
    package static func listing(_ slug: String) -> (any ListingAdapter)? {
        media(slug) ?? image(slug) as? any ListingAdapter
    }

    /// The media adapter with this slug, nil when there is none.
    package static func media(_ slug: String) -> (any MediaAdapter)? {
        media.first { $0.slug == slug }
    }

    /// The language adapter with this slug, nil when there is none.
    package static func language(_ slug: String) -> (any LanguageAdapter)? {
        language.first { $0.slug == slug }
    }

    /// The language adapter with this display name, in any case; `.invalid` for `field` with the known names otherwise.
    package static func named(
        _ displayName: String, field: String = "provider"
    ) throws(Failure) -> any LanguageAdapter {
        // By octets: in Unicode, a letter outside ASCII can become one inside when its case changes.
        let wanted = displayName.utf8.map(lowered)
        guard let adapter = language.first(where: { $0.displayName.utf8.map(lowered) == wanted }) else {
            throw .invalid(field, "must be one of " + language.map(\.displayName).joined(separator: ", "))
        }
        return adapter
    }

    private static func lowered(_ octet: UInt8) -> UInt8 { 0x41...0x5A ~= octet ? octet | 0x20 : octet }
}
