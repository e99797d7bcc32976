import Domain
import Outbound

/// Where a provider is reached and how long it may take.
package struct ProviderEndpoint: Sendable, Equatable {
    /// What the vendor's own SDK takes as its base URL.
    package let url: HTTPURL
    /// For a whole operation, however many requests it makes.
    package let timeoutMilliseconds: Int

    package init(url: HTTPURL, timeoutMilliseconds: Int) {
        self.url = url
        self.timeoutMilliseconds = timeoutMilliseconds
    }
}

/// One language provider's API. Values without state: any number of threads may use one.
///
/// Both calls block until the answer or the endpoint's timeout. What the provider does wrong is
/// `.upstream` with a message in our words; `.defect` when the credential is of another kind than the provider's.
package protocol LanguageAdapter: Sendable {
    /// The lower-case name in paths and tables, such as `openai`.
    var slug: String { get }
    /// The name for people, such as `OpenAI`.
    var displayName: String { get }
    /// The vendor's own base URL; nil for a provider that its owner runs.
    var vendorEndpoint: String? { get }

    /// Asks the provider whether it accepts the credential. Costs nothing.
    ///
    /// Returns only after an answer that has the shape the provider documents: a page of a proxy proves nothing.
    /// Ollama ignores the endpoint's URL, here and in `chat`: the credential says where it is.
    func validate(_ credential: Credentials, at endpoint: ProviderEndpoint, with client: HTTPClient) throws(Failure)

    /// Asks the model and waits for the whole answer.
    ///
    /// A parameter that the provider refuses as unsupported is left out and the question is asked again, twice at most.
    func chat(
        _ request: ChatRequest, _ credential: Credentials, at endpoint: ProviderEndpoint, with client: HTTPClient
    ) throws(Failure) -> ChatReply
}

/// Every provider that the program can talk to.
package enum Adapters {
    /// In the order in which contract 1 lists them.
    package static let language: [any LanguageAdapter] = [
        OpenAIAdapter(), ClaudeAdapter(), GeminiAdapter(), CohereAdapter(), OllamaAdapter(),
    ]

    /// The adapter with this slug, nil when there is none.
    package static func language(_ slug: String) -> (any LanguageAdapter)? {
        language.first { $0.slug == slug }
    }

    /// The adapter with this display name, in any case; `.invalid` for `field` with the known names otherwise.
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
