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
        "provider set", "points a provider to another endpoint, or tells it keys in another way, at once",
        usage: """
            SLUG [--endpoint URL | --vendor-endpoint] [--auth-type bearer|api_key|oauth]
              SLUG               the provider, as 'provider list' names it
              --endpoint URL     what the vendor's SDK takes as its base URL; must be allowed by the configuration
              --vendor-endpoint  back to the vendor's own
              --auth-type WORD   how the key is told: 'api_key' in the vendor's own header for keys, 'bearer' in
                                 'Authorization: Bearer', as 'oauth', where an access token stands for the key
            """
    ) { arguments, invocation in
        let endpoint = try arguments.option("--endpoint")
        let isVendor = arguments.flag("--vendor-endpoint")
        let authType = try arguments.option("--auth-type").map(authType)
        guard let word = arguments.word() else { throw UsageError("the provider's slug is missing") }
        try arguments.finish()
        guard endpoint == nil || !isVendor else { throw UsageError("give either --endpoint or --vendor-endpoint") }
        let isMoved = endpoint != nil || isVendor
        guard isMoved || authType != nil else {
            throw UsageError("give --endpoint, --vendor-endpoint or --auth-type")
        }
        let slug = try slug(word)
        let installation = try invocation.installation()
        if let endpoint { try check(endpoint, installation.configuration.addressPolicy) }
        let store = try installation.store()
        if authType != nil { try checkKeys(try store.provider(named: slug)) }
        let provider = try store.transaction { (transaction) throws(Failure) in
            let before = try transaction.lockProvider(slug)
            var provider = before
            if isMoved { provider = try transaction.setEndpoint(of: slug, to: endpoint) }
            if let authType { provider = try transaction.setAuthType(of: slug, to: authType) }
            func told(_ record: ProviderRecord, _ json: inout JSONWriter) {
                if isMoved { json.field("endpoint", record.endpointURL) }
                if authType != nil { json.field("authType", record.authType.rawValue) }
            }
            let details = JSONWriter.object {
                $0.field("before") { told(before, &$0) }
                $0.field("after") { told(provider, &$0) }
            }
            try transaction.audit(
                Installation.entry(
                    "provider.set", subject: slug.text, provider: slug.text,
                    details: String(decoding: details, as: UTF8.self)),
                at: .now())
            return provider
        }
        let output = invocation.output
        if isMoved { output.text("\(provider.slug) now points to \(provider.endpointURL)") }
        if authType != nil { output.text("\(provider.slug) is now told keys as \(provider.authType.rawValue)") }
        output.json { $0.provider(provider) }
        return .success
    }

    private static func authType(_ word: String) throws(UsageError) -> AuthType {
        guard let type = AuthType.ofKeys.first(where: { $0.rawValue == word }) else {
            throw UsageError("--auth-type must be bearer, api_key or oauth")
        }
        return type
    }

    private static func checkKeys(_ provider: ProviderRecord) throws(Refusal) {
        guard provider.kind != "compute", provider.slug != "ollama" else {
            throw Refusal("\(provider.displayName) has no keys that could be told in another way")
        }
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
            $0.field("authType", provider.authType.rawValue)
            $0.field("state", provider.state)
        }
    }
}
