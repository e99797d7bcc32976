import Configuration
import Crypto
import Domain
import Foundation
import JSON
import Locks
import Postgres
import Providers
import Store

extension Command {
    static let health = Command(
        "ai:health", "asks providers whether they are well, all at once, and keeps what they say",
        usage: """
            [PROVIDER] [--all]
              PROVIDER  only this one; without it, every enabled provider that has a key
              --all     also shows those that are not asked: switched off, or without a key

            Every question is one that needs the key, as in the servers' own checks, and has ten seconds. Exit status 1 when
            one is down, 3 when one could not be asked because of something here.
            """
    ) { arguments, invocation in
        let isAll = arguments.flag("--all")
        let slug = try arguments.slug()
        try arguments.finish()
        guard slug == nil || !isAll else { throw UsageError("give either a provider or --all") }
        let installation = try invocation.installation()
        let store = try installation.store()
        let providers = try slug.map { [try store.provider(named: $0)] } ?? store.providers()
        let round = HealthRound(store, try installation.client())
        var reports = round.run(providers)
        if slug == nil, !isAll { reports = reports.filter { $0.finding != nil || $0.hasFailed } }
        if let only = reports.first, slug != nil, only.finding == nil, !only.hasFailed { throw Refusal(only.sentence) }
        let output = invocation.output
        output.table(
            ["PROVIDER", "STATUS", "TIME", "FOUND"],
            reports.map { [$0.provider.slug, $0.status, $0.time, $0.sentence] })
        if reports.isEmpty { output.text("no enabled provider has a key: 'providerctl setup' stores one") }
        output.json { $0.array(reports) { $0.report($1) } }
        if reports.contains(where: \.hasFailed) { return .failed }
        return reports.contains { $0.finding?.status == .down } ? .no : .success
    }
}

/// What one provider says.
private struct HealthReport {
    let provider: ProviderRecord
    /// Nil when it was not asked.
    var finding: HealthFinding?
    /// Why it was not asked.
    var absence = ""
    /// Whether that was for something here, such as a master key that is missing.
    var hasFailed = false

    var status: String { finding?.status.rawValue ?? "not asked" }
    var time: String { finding?.responseMilliseconds.map { "\($0) ms" } ?? "" }

    var sentence: String {
        guard let finding else { return absence }
        return finding.errorMessage ?? "accepts the key"
    }

    mutating func fail(_ failure: Failure) {
        hasFailed = true
        absence = "\(provider.displayName) could not be asked: \(explanation(of: failure))"
    }
}

/// Questions to several providers at a time.
private struct HealthRound: Sendable {
    private struct Question: Sendable {
        let provider: ProviderRecord
        let credential: InstallationCredential
        let credentials: Credentials
    }

    /// As in the checks that administrators ask for.
    private static let milliseconds = 10_000

    private let pool: Pool
    private let keys: KeyRing
    private let client: ProviderClient

    init(_ store: Store, _ client: ProviderClient) {
        pool = store.pool
        keys = store.keys
        self.client = client
    }

    /// Of the thread that asks.
    private var store: Store { Store(pool: pool, keys: keys) }

    /// In the order of `providers`.
    func run(_ providers: [ProviderRecord]) -> [HealthReport] {
        var reports: [HealthReport] = []
        var questions: [Question] = []
        for provider in providers {
            var report = HealthReport(provider: provider)
            do throws(Failure) {
                if let question = try question(provider, &report) { questions.append(question) }
            } catch {
                report.fail(error)
            }
            reports.append(report)
        }
        let answers = ask(questions)
        for index in reports.indices {
            switch answers[reports[index].provider.slug] {
            case .success(let finding): reports[index].finding = finding
            case .failure(let failure): reports[index].fail(failure)
            case nil: break
            }
        }
        return reports
    }

    /// Nil for a provider that is not asked; the report says why.
    private func question(_ provider: ProviderRecord, _ report: inout HealthReport) throws(Failure) -> Question? {
        guard provider.enabled else {
            report.absence = "\(provider.displayName) is switched off"
            return nil
        }
        guard Adapters.canCall(provider.slug) else {
            report.absence = "\(provider.displayName) cannot be called by this version"
            return nil
        }
        guard let credential = try store.installationCredentialToTest(of: ProviderSlug(provider.slug)) else {
            report.absence = "\(provider.displayName) has no key in the environment default"
            return nil
        }
        return Question(
            provider: provider.limited(toMilliseconds: Self.milliseconds), credential: credential,
            credentials: try Credentials(serialized: credential.secret))
    }

    /// A thread for each, since they only wait; there are a few dozen providers at most.
    private func ask(_ questions: [Question]) -> [String: Result<HealthFinding, Failure>] {
        let answers = Guarded<[String: Result<HealthFinding, Failure>]>([:])
        let progress = Progress(total: questions.count)
        let group = DoneCounter(questions.count)
        for question in questions {
            let work = { @Sendable in
                let result: Result<HealthFinding, Failure>
                do throws(Failure) { result = .success(try answer(question)) } catch { result = .failure(error) }
                answers.withLock { $0[question.provider.slug] = result }
                progress.step(question.provider.slug)
                group.done()
            }
            // Where the system has no thread to spare, this one asks.
            if !DetachedThread.start(stackSize: DetachedThread.stackSizeForJSON, work) { work() }
        }
        group.wait()
        progress.end()
        return answers.withLock { $0 }
    }

    private func answer(_ question: Question) throws(Failure) -> HealthFinding {
        let slug = try ProviderSlug(question.provider.slug)
        let finding = try HealthProbe.run(
            client: client, provider: question.provider, credential: question.credentials, reason: .manual)
        try store.transaction { (transaction) throws(Failure) in
            let now = Timestamp.now()
            try transaction.recordHealth(of: slug, finding, at: now)
            try transaction.settle(
                question.credential.id, version: question.credential.version, of: slug, after: finding, at: now)
            try transaction.reviewAlerts(of: slug, at: now)
            let details = JSONWriter.object {
                $0.field("status", finding.status.rawValue)
                $0.field("responseTime", finding.responseMilliseconds)
                $0.field("reason", finding.errorKind)
            }
            try transaction.audit(
                Installation.entry(
                    "provider.check", subject: slug.text, provider: slug.text,
                    details: String(decoding: details, as: UTF8.self)),
                at: now)
        }
        return finding
    }
}

/// Waits for a number of threads.
private final class DoneCounter: Sendable {
    private let left: Guarded<Int>
    private static let napMicroseconds: UInt32 = 5_000

    init(_ count: Int) { left = Guarded(count) }

    func done() { left.withLock { $0 -= 1 } }

    func wait() { while left.withLock({ $0 > 0 }) { usleep(Self.napMicroseconds) } }
}

/// How far long work is, for a person who waits: one line that is written over.
private final class Progress: Sendable {
    private let total: Int
    private let count = Guarded(0)

    init(total: Int) {
        self.total = total
        if total > 0 { Terminal.write("asking \(total) …\r") }
    }

    func step(_ name: String) {
        count.withLock { count in
            count += 1
            // The escape sequence of ECMA-48 that clears the rest of the line.
            Terminal.write("\r\(count) of \(total) answered: \(name)\u{1B}[K")
        }
    }

    func end() { if total > 0 { Terminal.write("\r\u{1B}[K") } }
}

extension JSONWriter {
    fileprivate mutating func report(_ report: HealthReport) {
        object {
            $0.field("provider", report.provider.slug)
            $0.field("status", report.finding?.status.rawValue)
            $0.field("responseTime", report.finding?.responseMilliseconds)
            $0.field("error", report.finding?.errorKind)
            $0.field("message", report.sentence)
        }
    }
}
