import Configuration
import Domain
import Providers
import Store

extension Command {
    static let syncCatalogue = Command(
        "catalogue sync", "reads models and prices from providers that publish them; new prices are new versions",
        usage: """
            [PROVIDER …] [--dry-run] [--allow-losses]
              PROVIDER        only these, as 'provider list' names them; without any, every enabled one that lists its
                              models and that there is a key for. A public list needs no key
              --dry-run       says what would change and changes nothing
              --allow-losses  believes a list that has lost more than half of its models
            A model that is new here is added switched off; one that is no longer listed is retired, and in use again
            when it comes back. Prices that somebody set by hand, and prices by quantity or resolution, stay as they are.
            """
    ) { arguments, invocation in
        let isDry = arguments.flag("--dry-run")
        let allowsLosses = arguments.flag("--allow-losses")
        var names: [String] = []
        while let word = arguments.word() { names.append(word) }
        try arguments.finish()
        let installation = try invocation.installation()
        let sync = CatalogueSync(
            store: try installation.store(), client: try installation.client(), isDry: isDry,
            allowsLosses: allowsLosses)
        let results = try sync.run(names)
        SyncResult.tell(results, isDry, invocation.output)
        return results.contains { $0.problem != nil } ? .failed : .success
    }
}

/// Takes over what providers publish, each provider in one transaction.
private struct CatalogueSync {
    let store: Store
    let client: ProviderClient
    let isDry: Bool
    let allowsLosses: Bool

    /// Throws for a name that cannot be read; what a provider does wrong is in its result.
    func run(_ names: [String]) throws -> [SyncResult] {
        let known = try store.providers()
        guard names.isEmpty else {
            return try names.map { name in
                guard let provider = known.first(where: { $0.slug == name }) else {
                    throw Refusal("there is no provider \(name): 'providerctl provider list' lists them")
                }
                guard let adapter = Adapters.listing(name) else { throw Refusal("\(name) does not list its models") }
                return try read(provider, adapter, needsKey: adapter.listNeedsKey)
                    ?? SyncResult(provider: name, problem: "there is no key for it")
            }
        }
        return try known.filter(\.enabled).compactMap { provider in
            guard let adapter = Adapters.listing(provider.slug) else { return nil }
            return try read(provider, adapter, needsKey: true)
        }
    }

    /// Nil without a key that is needed.
    private func read(
        _ provider: ProviderRecord, _ adapter: any ListingAdapter, needsKey: Bool
    ) throws(Failure) -> SyncResult? {
        let slug = try ProviderSlug(provider.slug)
        guard provider.enabled else { return SyncResult(provider: provider.slug, problem: "it is disabled") }
        let credential = try store.installationCredential(of: slug)
        guard credential != nil || !needsKey else { return nil }
        // A public list says nothing about the key, so it is not shown one.
        let shown = adapter.listNeedsKey ? credential : nil
        let list: ModelList
        do throws(Failure) {
            list = try client.models(
                try shown.map(Credentials.init(opened:)), slug: provider.slug, endpoint: provider.endpointURL,
                authType: provider.authType, timeoutMilliseconds: provider.timeoutMilliseconds)
        } catch {
            guard case .upstream(let failure) = error else { throw error }
            if !isDry { try note(failure, slug, shown, provider) }
            return SyncResult(provider: provider.slug, problem: failure.message)
        }
        return try take(list, slug, shown, provider)
    }

    private func take(
        _ list: ModelList, _ slug: ProviderSlug, _ shown: InstallationCredential?, _ provider: ProviderRecord
    ) throws(Failure) -> SyncResult {
        let listings = list.models.compactMap(\.listing)
        var result = SyncResult(provider: provider.slug)
        result.listed = listings.count
        try store.transaction { (transaction) throws(Failure) in
            // Whoever waited here for another run must not date its versions before that one's.
            try transaction.lockProvider(slug)
            let now = Timestamp.now()
            let differences = try transaction.differences(
                of: listings, isComplete: list.isComplete, of: slug, at: now)
            let loss = try transaction.loss(of: listings, of: slug, at: now)
            guard !list.isComplete || loss.isPlausible || allowsLosses else {
                result.problem =
                    "its list has lost \(loss.lost) of \(loss.known) models; nothing was changed. --allow-losses believes it"
                return
            }
            result.differences = differences
            guard !isDry else { return }
            try transaction.noteModels(listings, isComplete: list.isComplete, of: slug, at: now)
            result.priced = try transaction.addPublishedPrices(differences, of: slug, at: now)
            if let shown {
                try transaction.settle(
                    shown.id, version: shown.version, of: slug,
                    after: HealthFinding(nil, of: provider.displayName, after: 0, reason: .manual), at: now)
            }
            try transaction.audit(result.entry, at: now)
        }
        return result
    }

    /// Nothing was taken over. A key that the provider refuses is switched off, as by every call.
    private func note(
        _ failure: UpstreamFailure, _ slug: ProviderSlug, _ shown: InstallationCredential?, _ provider: ProviderRecord
    ) throws(Failure) {
        var entry = SyncResult(provider: provider.slug).entry(telling: failure)
        entry.outcome = shown != nil && failure.kind == .invalidCredential ? .refused : .failed
        try store.transaction { (transaction) throws(Failure) in
            if let shown {
                try transaction.settle(
                    shown.id, version: shown.version, of: slug,
                    after: HealthFinding(failure, of: provider.displayName, after: 0, reason: .manual), at: .now())
                try transaction.reviewAlerts(of: slug, at: .now())
            }
            try transaction.audit(entry, at: .now())
        }
    }
}

extension Credentials {
    fileprivate init(opened credential: InstallationCredential) throws(Failure) {
        try self.init(serialized: credential.secret)
    }
}
