import Configuration
import Domain
import HTTP
import JSON
import Outbound
import Store

extension Command {
    static let listProviders = Command(
        "provider list", "shows the providers, where they point and whether they are enabled"
    ) { arguments, invocation in
        try arguments.finish()
        let output = invocation.output
        let providers = try invocation.installation().store().providers()
        output.table(
            ["SLUG", "KIND", "STATE", "ENDPOINT"],
            providers.map { [$0.slug, $0.kind, $0.state, $0.endpointURL] })
        output.json { $0.array(providers) { $0.provider($1) } }
        return .success
    }

    static let setProvider = Command(
        "provider set", "points a provider to another endpoint, at once",
        usage: """
            SLUG (--endpoint URL | --vendor-endpoint)
              SLUG               the provider, as 'provider list' names it
              --endpoint URL     what the vendor's SDK takes as its base URL; must be allowed by the configuration
              --vendor-endpoint  back to the vendor's own
            """
    ) { arguments, invocation in
        let endpoint = try arguments.option("--endpoint")
        let isVendor = arguments.flag("--vendor-endpoint")
        guard let word = arguments.word() else { throw UsageError("the provider's slug is missing") }
        try arguments.finish()
        guard (endpoint != nil) != isVendor else { throw UsageError("give either --endpoint or --vendor-endpoint") }
        let slug = try slug(word)
        let installation = try invocation.installation()
        if let endpoint { try check(endpoint, installation.configuration.addressPolicy) }
        let provider = try installation.store().transaction { (transaction) throws(Failure) in
            let (before, provider) = try transaction.setEndpoint(of: slug, to: endpoint)
            let details = JSONWriter.object {
                $0.field("before", object: { $0.field("endpoint", before) })
                $0.field("after", object: { $0.field("endpoint", provider.endpointURL) })
            }
            try transaction.audit(
                Installation.entry(
                    "provider.set", subject: slug.text, provider: slug.text,
                    details: String(decoding: details, as: UTF8.self)),
                at: .now())
            return provider
        }
        let output = invocation.output
        output.text("\(provider.slug) now points to \(provider.endpointURL)")
        output.json { $0.provider(provider) }
        return .success
    }

    private static func slug(_ word: String) throws(UsageError) -> ProviderSlug {
        do throws(Failure) { return try ProviderSlug(word) } catch { throw UsageError(error.message) }
    }

    /// The form and the address of an endpoint. A name that does not resolve now may do so later.
    private static func check(_ text: String, _ policy: AddressPolicy) throws {
        let url: HTTPURL
        do throws(URLProblem) { url = try HTTPURL(text) } catch { throw UsageError("--endpoint: \(error.reason)") }
        if case .refused(let reason) = EgressVerdict(url, policy) { throw Refusal("\(text) is refused: \(reason)") }
    }
}

extension ProviderRecord {
    fileprivate var state: String { enabled ? "enabled" : "disabled" }
}

extension JSONWriter {
    fileprivate mutating func provider(_ provider: ProviderRecord) {
        object {
            $0.field("slug", provider.slug)
            $0.field("name", provider.displayName)
            $0.field("kind", provider.kind)
            $0.field("endpoint", provider.endpointURL)
            $0.field("state", provider.state)
        }
    }
}
