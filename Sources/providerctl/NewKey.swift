import Domain
import JSON
import Providers
import Store

/// A provider's key that somebody has just given.
struct NewKey {
    let credentials: Credentials
    private let provider: ProviderRecord
    private let slug: ProviderSlug
    private let environment: EnvironmentName

    /// What is asked for.
    static func noun(for provider: ProviderRecord) -> String { provider.slug == "ollama" ? "Base URL" : "API key" }

    /// Refuses what cannot be a key of this provider. White space at the ends comes from copying, never from a key.
    init(_ text: String, for provider: ProviderRecord, in environment: EnvironmentName) throws {
        self.provider = provider
        self.environment = environment
        let name = provider.slug == "ollama" ? "baseUrl" : "apiKey"
        let value = JSONValue.string(
            String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()))
        do throws(Failure) {
            slug = try ProviderSlug(provider.slug)
            credentials = try .parse(provider.slug, JSONObject([JSONObject.Member(name: name, value: value)]))
        } catch {
            throw Refusal(error.told("the \(Self.noun(for: provider))"))
        }
    }

    /// Asks the provider; throws unless it accepts the key. Nothing is stored, but a refusal is in the audit log.
    func test(by installation: Installation) throws -> HealthFinding {
        guard provider.enabled else {
            throw Refusal(
                "\(provider.displayName) is switched off and is not asked: --no-test stores the key all the same")
        }
        let (failure, milliseconds) = try HealthProbe.attempt(try installation.client(), provider, credentials)
        guard let failure else {
            return HealthFinding(nil, of: provider.displayName, after: milliseconds, reason: .key)
        }
        var entry = entry { $0.field("error", failure.kind.rawValue) }
        entry.outcome = failure.kind == .invalidCredential ? .refused : .failed
        try installation.store().transaction { (transaction) throws(Failure) in
            try transaction.audit(entry, at: .now())
        }
        throw Refusal("\(failure.message); nothing was stored")
    }

    /// `finding` is that of the test, nil when there was none.
    func store(in store: Store, _ finding: HealthFinding?, model: String? = nil) throws(Failure) {
        try store.transaction { (transaction) throws(Failure) in
            let now = Timestamp.now()
            let former = try transaction.replaceInstallationCredential(
                of: slug, in: environment,
                with: NewCredential(secret: credentials.serialized(), type: credentials.type, hint: credentials.hint),
                proved: finding != nil, expiresAt: nil, at: now)
            let formerModel = try model.flatMap { (model) throws(Failure) in
                try transaction.setDefaultModel(of: slug, to: model, at: now)
            }
            if let finding { try transaction.recordHealth(of: slug, finding, at: now) }
            try transaction.reviewAlerts(of: slug, at: now)
            let isTested = finding != nil
            try transaction.audit(
                entry { json in
                    json.change(from: former, to: self, isTested)
                    guard let model else { return }
                    json.field(
                        "defaultModel",
                        object: {
                            $0.field("before", formerModel)
                            $0.field("after", model)
                        })
                }, at: now)
        }
    }

    private func entry(_ more: (inout JSONWriter) -> Void) -> AuditEntry {
        let details = JSONWriter.object {
            $0.field("environment", environment.text)
            more(&$0)
        }
        return Installation.entry(
            "api_key.replace", subject: provider.slug, provider: provider.slug,
            details: String(decoding: details, as: UTF8.self))
    }
}

extension JSONWriter {
    /// Which key went and which came, by what does not tell them; as the API writes it.
    fileprivate mutating func change(from former: ReplacedCredential?, to new: NewKey, _ isTested: Bool) {
        key("before")
        if let former {
            object {
                $0.field("hint", former.hint)
                $0.field("state", former.state)
                $0.field("expiresAt", former.expiresAt?.iso(.seconds))
            }
        } else {
            null()
        }
        field(
            "after",
            object: {
                $0.field("hint", new.credentials.hint)
                $0.field("state", isTested ? "valid" : "untested")
                $0.field("expiresAt", nil as String?)
            })
    }
}
