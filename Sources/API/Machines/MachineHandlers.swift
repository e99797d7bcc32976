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
        try transaction.forgetRefusedConfigurations(of: slug, at: request.receivedAt)
        try transaction.reviewAlerts(of: slug, at: request.receivedAt)
        entry.tell(slug) {
            $0.key("before")
            $0.raw(former?.metadata ?? "null")
            $0.key("after")
            $0.raw(shown)
        }
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
    let finding = configured.finding(refusal, since: start)
    return try services.change(request, "compute.test") { (transaction, entry) throws(Failure) in
        try transaction.keep(finding, about: configured)
        entry.describe(configured, refusal)
        return .test(of: configured.slug, details, refusal)
    }
}

/// Asks the provider for its machines now. Nothing of them is kept, but what was found out about the credentials is.
@Sendable
func listMachines(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let body = try ListMachinesBody(request)
    let configured = try services.configured(body.adapter, evenRefused: false)
    let start = Deadline.clock()
    let machines: [Machine]
    do throws(Failure) {
        machines = try services.upstream { (client) throws(Failure) in
            try client.machines(configured.configuration, on: configured.provider, body.filter)
        }
    } catch .upstream(let failure) {
        try services.recordFailure(.upstream(failure), of: request, "compute.list") {
            (transaction, entry) throws(Failure) in
            entry.describe(configured, failure)
            // A list is no check, but credentials that were refused once are not tried again.
            guard failure.kind == .invalidCredential else { return }
            let refusal = UpstreamFailure.refusedConfiguration(of: configured.provider.displayName, failure.status)
            try transaction.keep(configured.finding(refusal, since: start), about: configured)
        }
        throw .upstream(failure)
    }
    try services.recordUse(of: request, "compute.list") { (transaction, entry) throws(Failure) in
        try transaction.settle(
            configured.id, version: configured.version, of: configured.slug,
            after: configured.finding(nil, since: start), at: .now())
        entry.tell(configured.slug) { $0.field("vms", machines.count) }
    }
    var json = JSONWriter(capacity: 512 + machines.count * 384)
    json.array(machines) { $0.machine($1, of: body.adapter.slug) }
    return .json(json.bytes)
}

/// A compute provider with its configuration, open: used for a call and then forgotten.
private struct ConfiguredProvider {
    let slug: ProviderSlug
    let provider: ProviderRecord
    let id: ID<Credential>
    /// What is found out is about this version of the credential only.
    let version: Int
    let configuration: ComputeConfiguration

    /// `start` is a reading of `Deadline.clock`.
    func finding(_ refusal: UpstreamFailure?, since start: UInt64) -> HealthFinding {
        HealthFinding(
            refusal, of: provider.displayName, after: Int(clamping: (Deadline.clock() - start) / 1_000_000),
            reason: .connection)
    }
}

extension Transaction {
    fileprivate func keep(_ finding: HealthFinding, about configured: ConfiguredProvider) throws(Failure) {
        let now = Timestamp.now()
        try recordHealth(of: configured.slug, finding, at: now)
        try settle(configured.id, version: configured.version, of: configured.slug, after: finding, at: now)
        try reviewAlerts(of: configured.slug, at: now)
    }
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
            slug: slug, provider: provider, id: credential.id, version: credential.version,
            configuration: configuration)
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
        details = JSONWriter.text { $0.field("reason", refusal.kind.rawValue) }
    }
}
