import Domain

/// Asks a provider something that costs nothing and needs its key, and says how well that went.
package enum HealthProbe {
    /// Blocks until the answer or the provider's timeout. What the provider does is the finding; only what is our own
    /// fault, such as a provider without an adapter, is thrown.
    package static func run(
        client: ProviderClient, provider: ProviderRecord, credential: Credentials,
        reason: HealthFinding.Reason = .scheduled
    ) throws(Failure) -> HealthFinding {
        let (failure, milliseconds) = try attempt(client, provider, credential)
        return HealthFinding(failure, of: provider.displayName, after: milliseconds, reason: reason)
    }

    /// As `run`, with the failure itself for whoever has to answer with it.
    package static func attempt(
        _ client: ProviderClient, _ provider: ProviderRecord, _ credential: Credentials
    ) throws(Failure) -> (failure: UpstreamFailure?, milliseconds: Int) {
        let start = Deadline.clock()
        var refusal: UpstreamFailure?
        do throws(Failure) {
            try client.validate(
                credential, slug: provider.slug, endpoint: provider.endpointURL,
                authType: provider.authType, timeoutMilliseconds: provider.timeoutMilliseconds)
        } catch .upstream(let failure) {
            refusal = failure
        }
        return (refusal, Int(clamping: (Deadline.clock() - start) / 1_000_000))
    }
}
