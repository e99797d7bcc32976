import Domain
import Outbound

/// One provider of generated pictures, videos or sound. Its work is a job: submitted, polled, perhaps cancelled.
package protocol MediaAdapter: ListingAdapter {
    /// What the provider itself says is left. Nil where it has no balance or the key may not see it: that is neither
    /// zero nor a bad key.
    func balance(
        _ credential: Credentials, at endpoint: ProviderEndpoint, with client: HTTPClient
    ) throws(Failure) -> ReportedBalance?

    /// Starts a generation. This is what costs money, so nothing is ever sent twice.
    ///
    /// `.invalid` for `model` or a member of `input` that cannot be sent; `.upstream` when the provider refuses.
    func submit(
        _ generation: GenerationRequest, _ credential: Credentials, at endpoint: ProviderEndpoint,
        with client: HTTPClient
    ) throws(Failure) -> GenerationJob

    /// How far a job is. `.upstream` of kind `gone` when the provider does not know it; `.defect` for a reference that
    /// no adapter made.
    func poll(
        _ job: GenerationJob, _ credential: Credentials, at endpoint: ProviderEndpoint, with client: HTTPClient
    ) throws(Failure) -> GenerationStatus

    /// Asks the provider to stop. Never deletes the result of a job that has finished.
    func cancel(
        _ job: GenerationJob, _ credential: Credentials, at endpoint: ProviderEndpoint, with client: HTTPClient
    ) throws(Failure) -> CancelOutcome

    /// The job of a call that somebody else submitted, by the provider's own ID of it and the model, which fal needs.
    ///
    /// `.invalid` for `model` or `providerRequestId` when there can be no such job.
    func job(model: String, providerRequestID: String) throws(Failure) -> GenerationJob
}
