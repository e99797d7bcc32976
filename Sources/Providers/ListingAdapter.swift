import Domain
import Outbound

/// One provider that tells which models it has.
package protocol ListingAdapter: ProviderAdapter {
    /// Whether the list is only given to a good key, so that having it proves one. Otherwise it is asked for without.
    var listNeedsKey: Bool { get }

    /// Models that the provider lists, with prices where it publishes them. A very long list is cut: see the adapters.
    /// `credential` may be nil where the list needs no key.
    func models(
        _ credential: Credentials?, at endpoint: ProviderEndpoint, with client: HTTPClient
    ) throws(Failure) -> ModelList
}

/// What a provider lists.
package struct ModelList: Sendable, Equatable {
    /// Each name once.
    package let models: [ListedModel]
    /// Whether the provider has no others: a model of an earlier list that is not on this one is gone.
    package let isComplete: Bool

    /// The first of several models with the same name counts.
    init(_ models: [ListedModel], isComplete: Bool) {
        var names: Set<String> = []
        self.models = models.filter { names.insert($0.id).inserted }
        self.isComplete = isComplete
    }
}
