import Domain
import HTTP
import JSON
import Providers
import Store

/// The compute providers that are configured, without their secrets.
@Sendable
func listComputeProviders(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let providers = try services.store.computeProviders()
    var json = JSONWriter()
    json.array(providers)
    return .json(json.bytes)
}

/// Stores a configuration in the place of the former one. Nothing is called: that is what the test is for.
@Sendable
func addComputeProvider(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let body = try AddComputeProviderBody(request)
    try services.installation.providers.check(body.configuration, for: body.adapter)
    let slug = try ProviderSlug(body.adapter.slug)
    let shown = JSONWriter.text(of: body.configuration.shown(by: body.adapter))
    let credentials = Credentials.config(body.configuration)
    let credential = NewCredential(
        secret: credentials.serialized(), type: credentials.type, hint: nil,
        metadata: String(decoding: shown, as: UTF8.self))
    return try services.change(request, "compute.configure") { (transaction, entry) throws(Failure) in
        let former = try transaction.replaceInstallationCredential(
            of: slug, with: credential, proved: false, expiresAt: nil, at: request.receivedAt)
        entry.subject = slug.text
        entry.provider = slug.text
        entry.details = String(
            decoding: JSONWriter.object {
                $0.key("before")
                $0.raw(former?.metadata ?? "null")
                $0.key("after")
                $0.raw(shown)
            }, as: UTF8.self)
        return .json(
            JSONWriter.object {
                $0.field("success", true)
                $0.field("provider", slug.text)
                $0.field("message", "Provider added successfully")
            })
    }
}

/// Logs in with the stored configuration and keeps what that found. A refusal is an answer, not an error.
@Sendable
func testComputeProvider(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let body = try TestComputeProviderBody(request)
    let configured = try services.configured(body.adapter, evenRefused: true)
    let start = Deadline.clock()
    var details: ComputeDetails?
    var refusal: UpstreamFailure?
    do throws(Failure) {
        details = try services.upstream { (client) throws(Failure) in
            try client.test(configured.configuration, on: configured.provider)
        }
    } catch .upstream(let failure) {
        refusal = failure
    }
    let finding = HealthFinding(
        refusal, of: configured.provider.displayName,
        after: Int(clamping: (Deadline.clock() - start) / 1_000_000), reason: .connection)
    let now = Timestamp.now()
    return try services.change(request, "compute.test") { (transaction, entry) throws(Failure) in
        try transaction.recordHealth(of: configured.slug, finding, at: now)
        try transaction.settle(configured.id, of: configured.slug, after: finding, at: now)
        entry.describe(configured, refusal)
        return .test(of: configured.slug, details, refusal)
    }
}

/// Asks the provider for its machines now. Nothing of them is kept.
@Sendable
func listMachines(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let body = try ListMachinesBody(request)
    let configured = try services.configured(body.adapter, evenRefused: false)
    let machines = try services.upstream { (client) throws(Failure) in
        try client.machines(configured.configuration, on: configured.provider, body.filter)
    }
    // Nothing was changed and no answer is kept: whoever repeats the request with the same key asks anew.
    if let claim = request.claim, let failure = services.store.releasing(claim) { throw failure }
    var json = JSONWriter(capacity: 512 + machines.count * 384)
    json.array(machines) { $0.machine($1, of: body.adapter.slug) }
    return .json(json.bytes)
}

/// A compute provider with its configuration, open: used for a call and then forgotten.
private struct ConfiguredProvider {
    let slug: ProviderSlug
    let provider: ProviderRecord
    let id: ID<Credential>
    let configuration: ComputeConfiguration
}

extension Services {
    /// Throws `.notFound` when it is not configured, `.inactive` when it is switched off.
    fileprivate func configured(
        _ adapter: any ComputeAdapter, evenRefused: Bool
    ) throws(Failure) -> ConfiguredProvider {
        let slug = try ProviderSlug(adapter.slug)
        let provider = try store.provider(slug)
        guard let credential = try store.installationCredentialToTest(of: slug) else {
            throw .notFound("Configuration of \(adapter.displayName)")
        }
        guard provider.enabled else { throw .inactive("The provider \(provider.displayName)") }
        // Accounts are locked after a few attempts with a wrong password.
        if !evenRefused, try store.installationCredential(of: slug) == nil {
            throw .conflict(
                "\(provider.displayName) has refused these credentials: add others, or test the connection again")
        }
        guard case .config(let configuration) = try Credentials(serialized: credential.secret) else {
            throw .defect("the credential of \(slug.text) is not a configuration")
        }
        return ConfiguredProvider(
            slug: slug, provider: provider, id: credential.id, configuration: configuration)
    }
}

extension Response {
    fileprivate static func test(
        of slug: ProviderSlug, _ details: ComputeDetails?, _ refusal: UpstreamFailure?
    ) -> Response {
        .json(
            JSONWriter.object {
                $0.field("success", details != nil)
                $0.field("provider", slug.text)
                guard let details else { return $0.field("error", refusal?.message) }
                $0.field("message", "Connection successful")
                $0.field(
                    "details",
                    object: {
                        $0.field("version", details.version)
                        $0.field("datacenters", details.datacenters)
                        $0.field("vms", details.machines)
                    })
            })
    }
}

extension AuditEntry {
    fileprivate mutating func describe(_ configured: ConfiguredProvider, _ refusal: UpstreamFailure?) {
        subject = configured.slug.text
        provider = configured.slug.text
        guard let refusal else { return }
        outcome = refusal.kind == .invalidCredential ? .refused : .failed
        details = String(
            decoding: JSONWriter.object { $0.field("reason", refusal.kind.rawValue) }, as: UTF8.self)
    }
}
