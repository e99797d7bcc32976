import Domain
import Foundation
import Locks
import Providers
import Store

extension Job {
    /// Makes the checks that administrators ask for, many providers at once. All of a run are asked at the same time,
    /// so that it ends ten seconds after it was asked for, however many of them hang.
    static func healthRuns(_ client: ProviderClient) -> Job {
        Job(HealthRun.jobName, everySeconds: 1) { (run) throws(Failure) in
            let worker = "\(ProcessInfo.processInfo.hostName):\(getpid()):\(UInt32.random(in: 0 ... .max))"
            let busy = Guarded(0)
            defer { while busy.withLock({ $0 > 0 }) { usleep(napMicroseconds) } }
            var mayBeMore = true
            repeat {
                let room = min(most - busy.withLock { $0 }, mostInANap)
                if room > 0 {
                    let claims = try run.store.transaction { (transaction) throws(Failure) in
                        try transaction.claimHealthRunItems(for: worker, limit: room, leaseSeconds: leaseSeconds)
                    }
                    for claim in claims { run.start(claim, client, busy) }
                    mayBeMore = claims.count == room
                }
                usleep(napMicroseconds)
            } while run.mayGoOn() && (mayBeMore || busy.withLock { $0 > 0 })
        }
    }

    /// Checks at a time in one process. Each is a thread that mostly waits.
    private static let most = 64
    /// Checks that begin at a time: the handshakes of all at once would delay what else this machine does.
    private static let mostInANap = 8
    private static let napMicroseconds: UInt32 = 100_000
    /// A run has ten seconds; what is left of them is for beginning, and for writing down what was found.
    private static let runMilliseconds = 8_500
    /// What a provider gets at least, also in a run that was left behind by a process that was killed.
    private static let leastMilliseconds = 5_000
    /// Longer than any check, so that a claim ends only with its process.
    private static let leaseSeconds = 20

    /// How long a provider may take to answer in a run of that age: what is left of the run's time.
    static func checkMilliseconds(runAge: Int) -> Int { max(runMilliseconds - max(runAge, 0), leastMilliseconds) }
}

extension JobRun {
    fileprivate func start(_ claim: HealthRunClaim, _ client: ProviderClient, _ busy: Guarded<Int>) {
        busy.withLock { $0 += 1 }
        let isStarted = DetachedThread.start(stackSize: DetachedThread.stackSizeForJSON) {
            defer { busy.withLock { $0 -= 1 } }
            do throws(Failure) {
                try self.check(claim, client)
            } catch {
                self.note("the health check of \(claim.provider.text) could not be made: \(error.reason)")
                self.giveUp(claim, after: error)
            }
        }
        guard !isStarted else { return }
        busy.withLock { $0 -= 1 }
        // The claim ends by itself, and the provider is asked then.
        note("a thread for the health check of \(claim.provider.text) cannot be started")
    }

    private func check(_ claim: HealthRunClaim, _ client: ProviderClient) throws(Failure) {
        let slug = claim.provider
        let provider = try store.provider(slug)
        guard provider.enabled else { return try finish(claim, with: .disabled(provider.displayName)) }
        guard let credential = try store.installationCredentialToTest(of: slug) else {
            return try finish(claim, with: .withoutKey(provider.displayName))
        }
        guard Adapters.canCall(slug.text) else {
            return try finish(claim, with: .unsupported(provider.displayName))
        }
        let finding = try HealthProbe.run(
            client: client,
            provider: provider.limited(toMilliseconds: Job.checkMilliseconds(runAge: claim.runAgeMilliseconds)),
            credential: Credentials(serialized: credential.secret), reason: .manual)
        try store.transaction { (transaction) throws(Failure) in
            let now = Timestamp.now()
            try transaction.recordHealth(of: slug, finding, at: now)
            try transaction.settle(credential.id, version: credential.version, of: slug, after: finding, at: now)
            try transaction.reviewAlerts(of: slug, at: now)
            try transaction.finish(claim, with: HealthRunResult(finding), at: now)
        }
    }

    /// Ends what would fail again. Without the database the claim ends by itself, and the provider is asked once more.
    private func giveUp(_ claim: HealthRunClaim, after failure: Failure) {
        if case .unavailable = failure { return }
        do throws(Failure) {
            try finish(claim, with: .notMade)
        } catch {
            note("the end of a health check could not be written down: \(error.reason)")
        }
    }

    private func finish(_ claim: HealthRunClaim, with result: HealthRunResult) throws(Failure) {
        try store.transaction { (transaction) throws(Failure) in
            try transaction.finish(claim, with: result, at: .now())
        }
    }
}
