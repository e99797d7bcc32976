import Configuration
import Domain
import JSON
import Outbound
import Providers
import Store

extension Command {
    static let syncCatalogue = Command(
        "catalogue sync", "reads models and prices from providers that publish them; new prices are new versions",
        usage: """
            [PROVIDER …] [--dry-run]
              PROVIDER   only these, as 'provider list' names them; without any, every enabled one that lists its
                         models and that there is a key for
              --dry-run  says what would change and changes nothing
            A model that is new here is added switched off. Prices that somebody set by hand, and prices by quantity or
            resolution, stay as they are.
            """
    ) { arguments, invocation in
        let isDry = arguments.flag("--dry-run")
        var names: [String] = []
        while let word = arguments.word() { names.append(word) }
        try arguments.finish()
        let installation = try invocation.installation()
        let sync = CatalogueSync(
            store: try installation.store(), client: ProviderClient(try Self.client(installation)), isDry: isDry)
        let results = try sync.run(names)
        Self.tell(results, isDry, invocation.output)
        return results.contains { $0.problem != nil } ? .failed : .success
    }

    private static func client(_ installation: Installation) throws -> HTTPClient {
        try HTTPClient(
            policy: installation.configuration.addressPolicy,
            authoritiesFile: installation.configuration.authoritiesFile)
    }

    private static func tell(_ results: [SyncResult], _ isDry: Bool, _ output: Output) {
        let lines = results.flatMap { result in
            result.differences.filter { $0.change != .unclassified }.map { difference in
                [
                    result.provider, difference.model, difference.change.words, difference.before.words,
                    difference.after.words,
                ]
            }
        }
        if !lines.isEmpty { output.table(["PROVIDER", "MODEL", "CHANGE", "BEFORE", "PUBLISHED"], lines) }
        for result in results { output.text(result.summary(isDry)) }
        output.json {
            $0.object {
                $0.field("dryRun", isDry)
                $0.field("providers", array: results)
            }
        }
    }
}

/// One reading of one provider's list.
private struct SyncResult: JSONWritable {
    let provider: String
    var listed = 0
    var differences: [ListingDifference] = []
    /// New versions of prices.
    var priced = 0
    /// Why the provider could not be read.
    var problem: String?

    private func count(_ change: ListingDifference.Change) -> Int { differences.count { $0.change == change } }

    func summary(_ isDry: Bool) -> String {
        if let problem { return "\(provider): \(problem)" }
        let would = isDry ? "would be " : ""
        var parts = [
            "\(listed) models listed", "\(count(.added)) \(would)added", "\(count(.priced)) \(would)priced anew",
        ]
        let kept = count(.keptByHand) + count(.keptTiered)
        if kept > 0 { parts.append("\(kept) prices kept") }
        let unclassified = count(.unclassified)
        if unclassified > 0 { parts.append("\(unclassified) passed over: the list does not say what they make") }
        return "\(provider): " + parts.joined(separator: ", ")
    }

    func write(to json: inout JSONWriter) {
        json.object {
            $0.field("provider", provider)
            $0.field("listed", listed)
            $0.field("newPrices", priced)
            $0.field("error", problem)
            $0.key("changes")
            $0.array(differences) { json, difference in
                json.object {
                    $0.field("model", difference.model)
                    $0.field("change", difference.change.rawValue)
                    $0.price("before", difference.before)
                    $0.price("published", difference.after)
                }
            }
        }
    }
}

private struct CatalogueSync {
    let store: Store
    let client: ProviderClient
    let isDry: Bool

    /// Throws for a name that cannot be read; what a provider does wrong is in its result.
    func run(_ names: [String]) throws -> [SyncResult] {
        let known = try store.providers()
        guard names.isEmpty else {
            return try names.map { name in
                guard let provider = known.first(where: { $0.slug == name }) else {
                    throw Refusal("there is no provider \(name): 'providerctl provider list' lists them")
                }
                guard Adapters.media(name) != nil else { throw Refusal("\(name) does not list its models") }
                return try read(provider) ?? SyncResult(provider: name, problem: "there is no key for it")
            }
        }
        return try known.filter { $0.enabled && Adapters.media($0.slug) != nil }.compactMap(read)
    }

    /// Nil without a key.
    private func read(_ provider: ProviderRecord) throws(Failure) -> SyncResult? {
        var result = SyncResult(provider: provider.slug)
        let slug = try ProviderSlug(provider.slug)
        guard provider.enabled else {
            result.problem = "it is disabled"
            return result
        }
        guard let credential = try store.installationCredential(of: slug) else { return nil }
        let listings: [ModelListing]
        do throws(Failure) {
            listings = try client.models(
                Credentials(serialized: credential.secret), slug: provider.slug, endpoint: provider.endpointURL,
                timeoutMilliseconds: provider.timeoutMilliseconds
            ).compactMap(\.listing)
        } catch {
            guard case .upstream(let failure) = error else { throw error }
            result.problem = failure.message
            return result
        }
        result.listed = listings.count
        let now = Timestamp.now()
        let isDry = isDry
        (result.differences, result.priced) = try store.transaction { (transaction) throws(Failure) in
            let differences = try transaction.differences(of: listings, of: slug, at: now)
            guard !isDry else { return (differences, 0) }
            try transaction.noteModels(listings, of: slug, at: now)
            let priced = try transaction.addPublishedPrices(differences, of: slug, at: now)
            try transaction.settle(
                credential.id, version: credential.version, of: slug,
                after: HealthFinding(nil, of: provider.displayName, after: 0, reason: .manual), at: now)
            let details = JSONWriter.object {
                $0.field("listed", listings.count)
                $0.field("added", differences.count { $0.change == .added })
                $0.field("priced", priced)
                $0.key("prices")
                $0.array(differences.filter { [.added, .priced].contains($0.change) }) { json, difference in
                    json.object {
                        $0.field("model", difference.model)
                        $0.price("before", difference.before)
                        $0.price("after", difference.after)
                    }
                }
            }
            try transaction.audit(
                Installation.entry(
                    "catalogue.sync", subject: slug.text, provider: slug.text,
                    details: String(decoding: details, as: UTF8.self)), at: now)
            return (differences, priced)
        }
        return result
    }
}

extension ListingDifference.Change {
    fileprivate var words: String {
        switch self {
        case .added: "new"
        case .priced: "price"
        case .keptByHand: "kept: set by hand"
        case .keptTiered: "kept: by quantity or resolution"
        case .unclassified: "passed over"
        }
    }
}

extension ModelListing.Price? {
    fileprivate var words: String { map { "\($0.amount.text) \($0.currency)/\($0.unit.rawValue)" } ?? "-" }
}

extension JSONWriter {
    fileprivate mutating func price(_ name: StaticString, _ price: ModelListing.Price?) {
        key(name)
        guard let price else { return null() }
        object {
            $0.field("amount", number: price.amount.text)
            $0.field("currency", price.currency)
            $0.field("unit", price.unit.rawValue)
        }
    }
}
