import Domain
import Outbound

/// One language provider's API.
package protocol LanguageAdapter: ProviderAdapter {
    /// Asks the model and waits for the whole answer.
    ///
    /// A parameter that the provider refuses as unsupported is left out and the question is asked again, twice at most.
    func chat(
        _ request: ChatRequest, _ credential: Credentials, at endpoint: ProviderEndpoint, with client: HTTPClient
    ) throws(Failure) -> ChatReply
}
