import Domain
import Outbound

/// One provider of pictures that come with the answer, unlike the jobs of a `MediaAdapter`.
package protocol ImageAdapter: ProviderAdapter {
    /// The model for a request that names none, where the installation has no other one.
    var defaultImageModel: String { get }

    /// Makes pictures and waits for them. This is what costs money, so nothing is ever sent twice.
    ///
    /// None of these models makes more than one picture a call on request: who wants several asks several times.
    /// `.invalid` for a member of the request that cannot be sent; `.upstream` when the provider refuses. A model that
    /// only talks is not a failure, since it was paid: then the reply has no images.
    func generate(
        _ request: ImageRequest, _ credential: Credentials, at endpoint: ProviderEndpoint, with client: HTTPClient
    ) throws(Failure) -> ImageReply

    /// What the provider itself says is left. Nil where it has no balance or the key may not see it: that is neither
    /// zero nor a bad key.
    func balance(
        _ credential: Credentials, at endpoint: ProviderEndpoint, with client: HTTPClient
    ) throws(Failure) -> ReportedBalance?
}

extension ImageAdapter {
    package func balance(
        _ credential: Credentials, at endpoint: ProviderEndpoint, with client: HTTPClient
    ) throws(Failure) -> ReportedBalance? { nil }
}
