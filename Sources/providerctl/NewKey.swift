import Domain
import JSON
import Providers
import Store

/// What a provider takes for its calls, which somebody has just given: a key, an address or a configuration.
struct NewKey {
    let credentials: Credentials
    private let provider: ProviderRecord
    private let slug: ProviderSlug
    private let environment: EnvironmentName

    /// What is asked for.
    static func noun(for provider: ProviderRecord) -> String {
        if Adapters.compute(provider.slug) != nil { return "configuration" }
        return provider.slug == "ollama" ? "Base URL" : "API key"
    }

    /// Refuses what cannot be a key of this provider. White space at the ends comes from copying, never from a key. A
    /// configuration is a JSON object.
    init(_ text: String, for provider: ProviderRecord, in environment: EnvironmentName) throws {
        let value = text.trimmed
        if Adapters.compute(provider.slug) != nil {
            guard case .object(let object)? = try? JSONParser.parse(Array(value.utf8)) else {
                throw Refusal(
                    "the configuration must be one JSON object, such as {\"host\": \"…\", \"username\": \"…\"}")
            }
            try self.init(object, for: provider, in: environment)
        } else {
            let name = provider.slug == "ollama" ? "baseUrl" : "apiKey"
            try self.init(
                JSONObject([JSONObject.Member(name: name, value: .string(value))]), for: provider, in: environment)
        }
    }

    private init(_ object: JSONObject, for provider: ProviderRecord, in environment: EnvironmentName) throws {
        self.provider = provider
        self.environment = environment
        do throws(Failure) {
            slug = try ProviderSlug(provider.slug)
            credentials = try .parse(provider.slug, object)
        } catch {
            throw Refusal(Self.told(error, provider))
        }
    }

    /// Asks a person, who sees nothing of what is secret.
    static func asked(for provider: ProviderRecord, in environment: EnvironmentName) throws -> NewKey {
        let target = "\(provider.displayName) (\(environment.text))"
        if let adapter = Adapters.compute(provider.slug) {
            Terminal.write("the configuration of \(target)\n")
            return try NewKey(try ConfigurationDialogue.answers(adapter), for: provider, in: environment)
        }
        guard let text = Terminal.askSecretly("\(noun(for: provider)) for \(target): ") else {
            throw Refusal("there was no answer, so nothing is stored")
        }
        return try NewKey(text, for: provider, in: environment)
    }

    /// Fields of a configuration by their own names, anything else by what it is.
    private static func told(_ failure: Failure, _ provider: ProviderRecord) -> String {
        guard Adapters.compute(provider.slug) != nil, case .invalid(let problems) = failure, let first = problems.first
        else { return failure.told("the \(noun(for: provider))") }
        let prefix = "credentials."
        let field = first.field.hasPrefix(prefix) ? String(first.field.dropFirst(prefix.count)) : first.field
        return "\(field) \(first.reason)"
    }

    /// Refuses an address that this installation never calls. Contacts nobody.
    func check(by installation: Installation) throws {
        let client = try installation.client()
        do throws(Failure) {
            try client.check(credentials, for: slug.text)
        } catch {
            throw Refusal(Self.told(error, provider))
        }
    }

    /// Asks the provider; throws unless it accepts the key. Nothing is stored, but a refusal is in the audit log.
    func test(by installation: Installation) throws -> HealthFinding {
        let store = try installation.store()
        guard try store.mayBeAsked(provider) else {
            throw Refusal("\(provider.displayName) is switched off and is not asked: --no-test stores it all the same")
        }
        let (failure, milliseconds) = try HealthProbe.attempt(try installation.client(), provider, credentials)
        guard let failure else {
            return HealthFinding(nil, of: provider.displayName, after: milliseconds, reason: .key)
        }
        var entry = entry { $0.field("error", failure.kind.rawValue) }
        entry.outcome = failure.kind == .invalidCredential ? .refused : .failed
        try store.transaction { (transaction) throws(Failure) in try transaction.audit(entry, at: .now()) }
        throw Refusal("\(failure.message); nothing was stored")
    }

    /// `finding` is that of the test, nil when there was none.
    func store(in store: Store, _ finding: HealthFinding?, model: String? = nil) throws(Failure) {
        try store.transaction { (transaction) throws(Failure) in
            let now = Timestamp.now()
            let former = try transaction.replaceInstallationCredential(
                of: slug, in: environment,
                with: NewCredential(
                    secret: credentials.serialized(), type: credentials.type, hint: credentials.hint,
                    metadata: credentials.shown(for: slug.text)),
                proved: finding != nil, expiresAt: nil, at: now)
            if provider.kind == "compute" { try transaction.forgetRefusedConfigurations(of: slug, at: now) }
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
