import Domain
import Outbound

/// Where a provider is reached and how long it may take.
package struct ProviderEndpoint: Sendable, Equatable {
    /// What the vendor's own SDK takes as its base URL.
    package let url: HTTPURL
    /// For a whole operation, however many requests it makes.
    package let timeoutMilliseconds: Int
    /// How the key is told; nil is the vendor's own way.
    package let authType: AuthType?

    package init(url: HTTPURL, timeoutMilliseconds: Int, authType: AuthType? = nil) {
        self.url = url
        self.timeoutMilliseconds = timeoutMilliseconds
        self.authType = authType
    }
}

/// One provider's API. Values without state: any number of threads may use one.
///
/// Every call blocks until the answer or the endpoint's timeout. What the provider does wrong is
/// `.upstream` with a message in our words; `.defect` when the credential is of another kind than the provider's.
package protocol ProviderAdapter: Sendable {
    /// The lower-case name in paths and tables, such as `openai`.
    var slug: String { get }
    /// The name for people, such as `OpenAI`.
    var displayName: String { get }
    /// The vendor's own base URL; nil for a provider that its owner runs.
    var vendorEndpoint: String? { get }

    /// Asks the provider whether it accepts the credential. Costs nothing, except at Requesty, where one token is
    /// all that can be asked for.
    ///
    /// Returns only after an answer that has the shape the provider documents: a page of a proxy proves nothing.
    /// Ollama ignores the endpoint's URL, here and in `chat`: the credential says where it is.
    func validate(_ credential: Credentials, at endpoint: ProviderEndpoint, with client: HTTPClient) throws(Failure)
}
