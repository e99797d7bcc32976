import Domain
import HTTP
import JSON
import Providers
import Store

extension Services {
    /// Asks the provider which models it has, unless it was asked within the last hour. Returns when it was asked; nil
    /// when it was not, because that is fresh or because it has no list.
    func refreshModels(
        of slug: ProviderSlug, listed: Timestamp?, _ request: Request
    ) throws(Failure) -> Timestamp? {
        let provider = try store.provider(slug)
        guard provider.enabled else { throw .inactive("The provider \(provider.displayName)") }
        guard let adapter = Adapters.listing(slug.text) else { return nil }
        if let listed, Timestamp.now().seconds - listed.seconds < freshSeconds { return nil }
        // A public list is asked for without a key.
        let credential = adapter.listNeedsKey ? try store.installationCredential(of: slug) : nil
        guard credential != nil || !adapter.listNeedsKey else {
            throw .conflict("No API key is configured for \(provider.displayName)")
        }
        let list = try list(of: provider, slug, with: credential, request)
        let listings = list.models.compactMap(\.listing)
        let now = Timestamp.now()
        _ = try change(request, "models.refresh") { (transaction, entry) throws(Failure) in
            let loss = try transaction.loss(of: listings, of: slug, at: now)
            guard !list.isComplete || loss.isPlausible else {
                throw .upstream(
                    UpstreamFailure(
                        .malformed, "\(provider.displayName)'s list has lost more than half of its models"))
            }
            try transaction.noteModels(listings, isComplete: list.isComplete, of: slug, at: now)
            if let credential {
                try transaction.settle(
                    credential.id, version: credential.version, of: slug,
                    after: HealthFinding(nil, of: provider.displayName, after: 0, reason: .manual), at: now)
            }
            entry.tell(slug) { $0.field("models", listings.count) }
            return Response(status: 200)
        }
        return now
    }

    private func list(
        of provider: ProviderRecord, _ slug: ProviderSlug, with credential: InstallationCredential?, _ request: Request
    ) throws(Failure) -> ModelList {
        let credentials: Credentials? =
            if let credential { try Credentials(serialized: credential.secret) } else { nil }
        do throws(Failure) {
            return try upstream { (client) throws(Failure) in
                try client.models(
                    credentials, slug: provider.slug, endpoint: provider.endpointURL,
                    authType: provider.authType, timeoutMilliseconds: provider.timeoutMilliseconds)
            }
        } catch {
            if case .upstream(let failure) = error {
                try recordFailure(error, of: request, "models.refresh") { (transaction, entry) throws(Failure) in
                    entry.subject = slug.text
                    entry.provider = slug.text
                    guard let credential else { return }
                    try transaction.settle(
                        credential.id, version: credential.version, of: slug,
                        after: HealthFinding(failure, of: provider.displayName, after: 0, reason: .manual), at: .now())
                }
            }
            throw error
        }
    }
}

/// A provider's list of models is asked for again when it is older than this.
private let freshSeconds: Int64 = 3_600
