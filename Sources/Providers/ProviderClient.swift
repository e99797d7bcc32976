import Domain
import Outbound

/// Calls providers by their slug, through one HTTP client that the whole process shares.
package struct ProviderClient: Sendable {
    let client: HTTPClient

    package init(_ client: HTTPClient) { self.client = client }

    /// See `ProviderAdapter.validate`. `endpoint` is the provider's base URL as the installation has it.
    package func validate(
        _ credentials: Credentials, slug: String, endpoint: String, authType: AuthType,
        timeoutMilliseconds: Int
    ) throws(Failure) {
        if case .config(let configuration) = credentials {
            return try validate(
                configuration, slug: slug, endpoint: endpoint, timeoutMilliseconds: timeoutMilliseconds)
        }
        guard let adapter = Adapters.provider(slug) else { throw .defect("no adapter for \(slug)") }
        try adapter.validate(credentials, at: Self.endpoint(endpoint, authType, timeoutMilliseconds), with: client)
    }

    /// See `LanguageAdapter.chat`.
    package func chat(
        _ request: ChatRequest, _ credentials: Credentials, slug: String, endpoint: String, authType: AuthType,
        timeoutMilliseconds: Int
    ) throws(Failure) -> ChatReply {
        guard let adapter = Adapters.language(slug) else { throw .defect("no language adapter for \(slug)") }
        return try adapter.chat(
            request, credentials, at: Self.endpoint(endpoint, authType, timeoutMilliseconds), with: client)
    }

    /// See `ImageAdapter.generate`.
    package func generate(
        _ request: ImageRequest, _ credentials: Credentials, slug: String, endpoint: String, authType: AuthType,
        timeoutMilliseconds: Int
    ) throws(Failure) -> ImageReply {
        guard let adapter = Adapters.image(slug) else { throw .defect("no image adapter for \(slug)") }
        return try adapter.generate(
            request, credentials, at: Self.endpoint(endpoint, authType, timeoutMilliseconds), with: client)
    }

    /// See `MediaAdapter.balance` and `ImageAdapter.balance`.
    package func balance(
        _ credentials: Credentials, slug: String, endpoint: String, authType: AuthType,
        timeoutMilliseconds: Int
    ) throws(Failure) -> ReportedBalance? {
        if let adapter = Adapters.image(slug) {
            return try adapter.balance(
                credentials, at: Self.endpoint(endpoint, authType, timeoutMilliseconds), with: client)
        }
        return try media(slug).balance(
            credentials, at: Self.endpoint(endpoint, authType, timeoutMilliseconds), with: client)
    }

    /// See `ListingAdapter.models`.
    package func models(
        _ credentials: Credentials?, slug: String, endpoint: String, authType: AuthType,
        timeoutMilliseconds: Int
    ) throws(Failure) -> ModelList {
        guard let adapter = Adapters.listing(slug) else { throw .defect("\(slug) does not list its models") }
        return try adapter.models(credentials, at: Self.endpoint(endpoint, authType, timeoutMilliseconds), with: client)
    }

    /// See `MediaAdapter.submit`.
    package func submit(
        _ generation: GenerationRequest, _ credentials: Credentials, slug: String, endpoint: String,
        authType: AuthType, timeoutMilliseconds: Int
    ) throws(Failure) -> GenerationJob {
        try media(slug).submit(
            generation, credentials, at: Self.endpoint(endpoint, authType, timeoutMilliseconds), with: client)
    }

    /// See `MediaAdapter.poll`.
    package func poll(
        _ job: GenerationJob, _ credentials: Credentials, slug: String, endpoint: String, authType: AuthType,
        timeoutMilliseconds: Int
    ) throws(Failure) -> GenerationStatus {
        try media(slug).poll(job, credentials, at: Self.endpoint(endpoint, authType, timeoutMilliseconds), with: client)
    }

    /// See `MediaAdapter.cancel`.
    package func cancel(
        _ job: GenerationJob, _ credentials: Credentials, slug: String, endpoint: String, authType: AuthType,
        timeoutMilliseconds: Int
    ) throws(Failure) -> CancelOutcome {
        try media(slug).cancel(
            job, credentials, at: Self.endpoint(endpoint, authType, timeoutMilliseconds), with: client)
    }

    private func media(_ slug: String) throws(Failure) -> any MediaAdapter {
        guard let adapter = Adapters.media(slug) else { throw .defect("no media adapter for \(slug)") }
        return adapter
    }

    static func endpoint(
        _ text: String, _ authType: AuthType?, _ timeoutMilliseconds: Int
    ) throws(Failure) -> ProviderEndpoint {
        do throws(URLProblem) {
            return ProviderEndpoint(
                url: try HTTPURL(text), timeoutMilliseconds: timeoutMilliseconds, authType: authType)
        } catch {
            throw .defect("the endpoint \(text) \(error.reason)")
        }
    }
}
