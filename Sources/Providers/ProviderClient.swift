import Domain
import Outbound

/// Calls providers by their slug, through one HTTP client that the whole process shares.
package struct ProviderClient: Sendable {
    let client: HTTPClient

    package init(_ client: HTTPClient) { self.client = client }

    /// See `LanguageAdapter.validate`. `endpoint` is the provider's base URL as the installation has it.
    package func validate(
        _ credentials: Credentials, slug: String, endpoint: String, timeoutMilliseconds: Int
    ) throws(Failure) {
        if case .config(let configuration) = credentials {
            let provider = ProviderRecord(
                slug: slug, displayName: slug, kind: "compute", endpointURL: endpoint, enabled: true,
                timeoutMilliseconds: timeoutMilliseconds, defaultModel: nil)
            _ = try test(configuration, on: provider)
            return
        }
        try adapter(slug).validate(
            credentials, at: Self.endpoint(endpoint, timeoutMilliseconds), with: client)
    }

    /// See `LanguageAdapter.chat`.
    package func chat(
        _ request: ChatRequest, _ credentials: Credentials, slug: String, endpoint: String, timeoutMilliseconds: Int
    ) throws(Failure) -> ChatReply {
        try adapter(slug).chat(
            request, credentials, at: Self.endpoint(endpoint, timeoutMilliseconds), with: client)
    }

    private func adapter(_ slug: String) throws(Failure) -> any LanguageAdapter {
        guard let adapter = Adapters.language(slug) else { throw .defect("no adapter for \(slug)") }
        return adapter
    }

    static func endpoint(_ text: String, _ timeoutMilliseconds: Int) throws(Failure) -> ProviderEndpoint {
        do throws(URLProblem) {
            return ProviderEndpoint(url: try HTTPURL(text), timeoutMilliseconds: timeoutMilliseconds)
        } catch {
            throw .defect("the endpoint \(text) \(error.reason)")
        }
    }
}
