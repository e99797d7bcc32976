import Domain
import Locks
import Outbound
import Providers
import Store

extension Job {
    /// Asks every enabled provider that has a key of the installation something that costs nothing.
    static func healthChecks(_ client: ProviderClient, everySeconds: Int, dailyLimit: Int) -> Job {
        Job("health_checks", everySeconds: everySeconds) { (run) throws(Failure) in
            let providers = try run.store.providersToCheck(dailyLimit: dailyLimit)
            try run.each(providers) { (provider) throws(Failure) in try run.check(provider, client) }
        }
    }

    /// Asks every media provider that has a balance what is left. One that has none, or whose key may not see it, says
    /// nothing, and nothing is kept.
    static func balances(_ client: ProviderClient) -> Job {
        Job("balances", everySeconds: 3_600) { (run) throws(Failure) in
            let providers = try run.store.providersWithBalance()
            try run.each(providers) { (provider) throws(Failure) in try run.askBalance(provider, client) }
        }
    }
}

extension JobRun {
    private static var callsAtOnce: Int { 8 }

    /// Calls `body` for all providers, several at a time. Failures of some do not stop the others; they are thrown
    /// together at the end.
    fileprivate func each(
        _ providers: [ProviderRecord], _ body: @escaping @Sendable (ProviderRecord) throws(Failure) -> Void
    ) throws(Failure) {
        let problems = Guarded<[String]>([])
        _ = ConcurrentCalls.map(providers, atOnce: Self.callsAtOnce) { provider in
            guard mayGoOn() else { return }
            do throws(Failure) {
                try body(provider)
            } catch {
                problems.withLock { $0.append("\(provider.slug): \(error.reason)") }
            }
        }
        let found = problems.withLock { $0.sorted() }
        guard found.isEmpty else { throw .defect(found.joined(separator: "; ")) }
    }

    fileprivate func check(_ provider: ProviderRecord, _ client: ProviderClient) throws(Failure) {
        let slug = try ProviderSlug(provider.slug)
        // Also one that was refused: providers take keys back into favour. A password that is tried again and again
        // locks an account.
        let credential =
            provider.kind == "compute"
            ? try store.installationCredential(of: slug) : try store.installationCredentialToTest(of: slug)
        guard let credential else { return }
        let finding = try HealthProbe.run(
            client: client, provider: provider, credential: Credentials(serialized: credential.secret))
        try store.transaction { (transaction) throws(Failure) in
            let now = Timestamp.now()
            try transaction.recordHealth(of: slug, finding, at: now)
            try transaction.settle(
                credential.id, version: credential.version, of: slug, after: finding, at: now)
            try transaction.reviewAlerts(of: slug, at: now)
        }
    }

    fileprivate func askBalance(_ provider: ProviderRecord, _ client: ProviderClient) throws(Failure) {
        let slug = try ProviderSlug(provider.slug)
        guard let credential = try store.installationCredential(of: slug) else { return }
        var reported: ReportedBalance?
        var refusal: UpstreamFailure?
        do throws(Failure) {
            reported = try client.balance(
                Credentials(serialized: credential.secret), slug: provider.slug, endpoint: provider.endpointURL,
                authType: provider.authType, timeoutMilliseconds: provider.timeoutMilliseconds)
        } catch .upstream(let failure) {
            refusal = failure
        }
        // No balance and no failure: perhaps nobody was asked.
        guard reported != nil || refusal != nil else { return }
        let finding = HealthFinding(refusal, of: provider.displayName, after: 0, reason: .scheduled)
        try store.transaction { (transaction) throws(Failure) in
            let now = Timestamp.now()
            try transaction.settle(credential.id, version: credential.version, of: slug, after: finding, at: now)
            if let reported {
                try transaction.recordBalance(of: slug, reported.amount.text, currency: reported.currency, at: now)
            } else {
                try transaction.reviewAlerts(of: slug, at: now)
            }
        }
        if let refusal { throw .upstream(refusal) }
    }
}
