import Domain
import HTTP
import JSON
import Providers
import Store

/// How the media providers are, in the contract's order, and every other one that is switched on.
@Sendable
func listHealth(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let providers = try services.store.health(at: request.receivedAt)
    if let format = try request.export() {
        return try services.export(format, of: ProviderHealth.self, file: ["providers"], in: .array) {
            (each) throws(Failure) in
            for provider in providers { try each(provider) }
        }
    }
    return .json(JSONWriter.object { $0.field("data", array: providers) })
}

@Sendable
func showHealth(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let slug = try request.provider()
    let health = try services.store.health(of: slug, at: request.receivedAt)
    let problems = try services.store.healthProblems(of: slug, limit: 10, at: request.receivedAt)
    let message = try services.store.healthMessage(of: slug)
    return .data {
        $0.health(health)
        $0.field("errorMessage", message)
        $0.field("recentErrors", array: problems)
    }
}

/// Asks the provider now, with the installation's own key. Without one nothing is asked and nothing is known.
@Sendable
func checkHealth(_ request: Request, _ services: Services) throws(Failure) -> Response {
    try request.fields(orEmpty: true).finish()
    let check = try services.check(try request.provider(), .manual)
    return try services.change(request, "provider.check") { (transaction, entry) throws(Failure) in
        try transaction.store(check)
        entry.describe(check)
        return .data {
            $0.field("provider", check.provider.slug)
            $0.status(check.finding?.status)
            $0.field("responseTime", check.finding?.responseMilliseconds)
            $0.field("timestamp", check.at.iso(.seconds))
        }
    }
}

/// As a health check, for somebody who wants to know whether the key works: a refusal is an answer, not an error.
@Sendable
func testProviderConnection(_ request: Request, _ services: Services) throws(Failure) -> Response {
    try request.fields(orEmpty: true).finish()
    let check = try services.check(try request.provider(), .connection)
    return try services.change(request, "provider.test") { (transaction, entry) throws(Failure) in
        try transaction.store(check)
        entry.describe(check)
        if let finding = check.finding, !finding.succeeded {
            entry.outcome = finding.refusedCredential ? .refused : .failed
        }
        return .data {
            $0.field("success", check.finding?.succeeded ?? false)
            $0.status(check.finding?.status)
            $0.field("responseTime", check.finding?.responseMilliseconds)
            $0.field("message", check.message)
        }
    }
}

/// A check on its way into the database.
private struct Check {
    let provider: ProviderRecord
    let slug: ProviderSlug
    /// When the answer was there.
    let at = Timestamp.now()
    /// Nil without a key: nobody was asked.
    let made: (credential: ID<Credential>, finding: HealthFinding)?

    var finding: HealthFinding? { made?.finding }

    var message: String {
        guard let finding else { return "No API key is configured for \(provider.displayName)" }
        return finding.succeeded ? "Connection successful" : finding.errorMessage ?? "Connection failed"
    }
}

extension Services {
    /// Calls the provider, outside of any transaction.
    fileprivate func check(_ slug: ProviderSlug, _ reason: HealthFinding.Reason) throws(Failure) -> Check {
        let provider = try store.provider(slug)
        guard provider.enabled else { throw .inactive("The provider \(provider.displayName)") }
        guard let credential = try store.installationCredentialToTest(of: slug) else {
            return Check(provider: provider, slug: slug, made: nil)
        }
        let credentials = try Credentials(serialized: credential.secret)
        let finding = try upstream { (client) throws(Failure) in
            try HealthProbe.run(client: client, provider: provider, credential: credentials, reason: reason)
        }
        return Check(provider: provider, slug: slug, made: (credential.id, finding))
    }
}

extension Transaction {
    fileprivate func store(_ check: Check) throws(Failure) {
        guard let (credential, finding) = check.made else { return }
        try recordHealth(of: check.slug, finding, at: check.at)
        try settle(credential, of: check.slug, after: finding, at: check.at)
        try reviewAlerts(of: check.slug, at: check.at)
    }
}

extension AuditEntry {
    fileprivate mutating func describe(_ check: Check) {
        subject = check.provider.slug
        provider = check.provider.slug
        details = String(
            decoding: JSONWriter.object {
                $0.status(check.finding?.status)
                $0.field("responseTime", check.finding?.responseMilliseconds)
                $0.field("reason", check.finding?.errorKind)
            }, as: UTF8.self)
    }
}
