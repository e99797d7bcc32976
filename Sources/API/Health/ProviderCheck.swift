import Domain
import JSON
import Providers
import Store

/// A check of a provider on its way into the database.
struct ProviderCheck {
    let provider: ProviderRecord
    let slug: ProviderSlug
    /// When the answer was there.
    let at = Timestamp.now()
    /// Nil without a key: nobody was asked.
    let made: (credential: InstallationCredential, finding: HealthFinding)?

    var finding: HealthFinding? { made?.finding }

    var message: String {
        guard let finding else { return "No API key is configured for \(provider.displayName)" }
        return finding.succeeded ? "Connection successful" : finding.errorMessage ?? "Connection failed"
    }
}

/// Which credential of the installation a check is made with.
enum CheckedCredential {
    /// The one that calls of an environment are made with, or the one that was refused last.
    case environment(EnvironmentName)
    /// One in particular, also one that was refused.
    case id(ID<Credential>)
}

extension Services {
    /// Calls the provider, outside of any transaction, for `milliseconds` at most. Throws `.inactive` for a provider
    /// or a credential that is switched off.
    func check(
        _ slug: ProviderSlug, _ reason: HealthFinding.Reason,
        with chosen: CheckedCredential = .environment(.standard), milliseconds: Int = .max
    ) throws(Failure) -> ProviderCheck {
        let provider = try store.provider(slug)
        guard provider.enabled else { throw .inactive("The provider \(provider.displayName)") }
        guard let credential = try credential(chosen, of: slug) else {
            return ProviderCheck(provider: provider, slug: slug, made: nil)
        }
        guard Adapters.canCall(slug.text) else {
            throw .conflict("\(provider.displayName) cannot be called by this version")
        }
        let credentials = try Credentials(serialized: credential.secret)
        let finding = try upstream { (client) throws(Failure) in
            try HealthProbe.run(
                client: client, provider: provider.limited(toMilliseconds: milliseconds), credential: credentials,
                reason: reason)
        }
        return ProviderCheck(provider: provider, slug: slug, made: (credential, finding))
    }

    private func credential(
        _ chosen: CheckedCredential, of slug: ProviderSlug
    ) throws(Failure) -> InstallationCredential? {
        switch chosen {
        case .environment(let environment): return try store.installationCredentialToTest(of: slug, in: environment)
        case .id(let id):
            let record = try store.credentialRecord(id, of: slug)
            guard record.isActive || record.state == .invalid else { throw .inactive("The credential") }
            if let end = record.expiresAt, end <= .now() { throw .conflict("The credential has expired") }
            guard let credential = try store.installationCredential(id, of: slug) else {
                throw .conflict("The credential belongs to \(record.owner ?? ""), who alone can test it")
            }
            return credential
        }
    }
}

extension Transaction {
    /// What the check says about the provider, and about the credential.
    func store(_ check: ProviderCheck) throws(Failure) {
        guard let (_, finding) = check.made else { return }
        try recordHealth(of: check.slug, finding, at: check.at)
        try settle(check)
    }

    /// What the check says about the credential.
    func settle(_ check: ProviderCheck) throws(Failure) {
        guard let (credential, finding) = check.made else { return }
        try settle(credential.id, version: credential.version, of: check.slug, after: finding, at: check.at)
        try reviewAlerts(of: check.slug, at: check.at)
    }
}

extension AuditEntry {
    mutating func describe(_ check: ProviderCheck) {
        subject = check.provider.slug
        provider = check.provider.slug
        details = JSONWriter.text {
            $0.status(check.finding?.status)
            $0.field("responseTime", check.finding?.responseMilliseconds)
            $0.field("reason", check.finding?.errorKind)
        }
    }

    /// That a test did not succeed, and whether it was the key.
    mutating func judge(_ finding: HealthFinding?) {
        guard let finding, !finding.succeeded else { return }
        outcome = finding.refusedCredential ? .refused : .failed
    }
}
