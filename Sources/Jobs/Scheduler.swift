import Domain
import Foundation
import Locks
import Store

/// Runs jobs when they are due, each on a thread of its own, in as many processes as there are: the table `jobs` says
/// who may. A claim holds for `leaseSeconds` and is renewed while the job runs; that of a process that was killed ends
/// by itself.
///
/// While the database is away every thread asks again after a second, then after two, at most every five seconds.
package final class Scheduler: Sendable {
    /// A killed process keeps its jobs for this long at most.
    package static let leaseSeconds = 20

    private struct State {
        var isStopping = false
        /// Jobs that run here, and whether their claim still holds.
        var running: [String: Bool] = [:]
        var threads = 0
        /// Jobs that somebody has asked for since they were looked at last.
        var woken: Set<String> = []
        var databaseIsAway = false
    }

    private let jobs: [Job]
    /// A store belongs to one thread.
    private let makeStore: @Sendable () -> Store
    private let worker: String
    /// How often a job is looked at. Asking finds one row by its key and changes nothing.
    private let pollMilliseconds: Int
    private let log: @Sendable (_ level: String, _ message: String) -> Void
    private let state = Guarded(State())

    /// `worker` names this process in the table and must be unique among all that run.
    package init(
        _ jobs: [Job], makeStore: @escaping @Sendable () -> Store, worker: String, pollMilliseconds: Int = 500,
        log: @escaping @Sendable (String, String) -> Void
    ) {
        self.jobs = jobs
        self.makeStore = makeStore
        self.worker = worker
        self.pollMilliseconds = pollMilliseconds
        self.log = log
    }

    /// Runs until `stop`, and returns when no job runs here any more.
    package func run() {
        guard register() else { return }
        start(renewing)
        for job in jobs { start { self.repeatedly(job) } }
        while state.withLock({ $0.threads > 0 }) { usleep(Self.napMicroseconds) }
    }

    /// Lets the jobs that run finish their step, and no other one begin. From any thread.
    package func stop() { state.withLock { $0.isStopping = true } }

    /// Looks at a job now instead of with the next poll; one that runs here, when it has ended. From any thread.
    package func wake(_ name: String) {
        guard jobs.contains(where: { $0.name == name }) else { return }
        state.withLock { _ = $0.woken.insert(name) }
    }

    /// Where the system has no thread to spare, tries again until it has one or until `stop`.
    private func start(_ body: @escaping @Sendable () -> Void) {
        while !isStopping {
            state.withLock { $0.threads += 1 }
            let isStarted = DetachedThread.start(stackSize: DetachedThread.stackSizeForJSON) {
                body()
                self.state.withLock { $0.threads -= 1 }
            }
            if isStarted { return }
            state.withLock { $0.threads -= 1 }
            log("error", "a thread for the jobs cannot be started")
            rest(milliseconds: 1_000)
        }
    }

    private var store: Store { makeStore() }
    private var isStopping: Bool { state.withLock { $0.isStopping } }

    // MARK: - The table

    /// Makes the jobs known, as soon as the database is there. False when it was stopped before that.
    private func register() -> Bool {
        var pause = Backoff()
        while !isStopping {
            do throws(Failure) {
                try store.transaction { (transaction) throws(Failure) in
                    for job in jobs { try transaction.registerJob(job.name, everySeconds: job.everySeconds) }
                }
                noteDatabase(nil)
                return true
            } catch {
                noteDatabase(error)
                rest(milliseconds: pause.next())
            }
        }
        return false
    }

    private func repeatedly(_ job: Job) {
        var pause = Backoff()
        while !isStopping {
            do throws(Failure) {
                if try store.claimJob(job.name, for: worker, leaseSeconds: Self.leaseSeconds) { try run(job) }
                noteDatabase(nil)
                pause = Backoff()
                rest(milliseconds: pollMilliseconds, orUntilWoken: job.name)
            } catch {
                noteDatabase(error)
                rest(milliseconds: pause.next())
            }
        }
    }

    /// Runs a job that is claimed. Throws when its end cannot be written down.
    private func run(_ job: Job) throws(Failure) {
        state.withLock { $0.running[job.name] = true }
        defer { state.withLock { $0.running[job.name] = nil } }
        var problem: String?
        do throws(Failure) {
            try job.run(
                JobRun(makeStore: makeStore, mayGoOn: { self.mayGoOn(job.name) }, note: { self.log("warning", $0) }))
        } catch {
            problem = error.reason
            log("error", "the job \(job.name) failed: \(error.reason)")
        }
        try store.finishJob(job.name, of: worker, error: problem.map { String($0.prefix(1_000)) })
    }

    private func mayGoOn(_ name: String) -> Bool {
        state.withLock { !$0.isStopping && $0.running[name] == true }
    }

    /// Renews the claims of what runs here, three times in the time that they hold, until the last run has ended.
    private func renewing() {
        var next = Self.renewal
        while !isStopping || state.withLock({ !$0.running.isEmpty }) {
            usleep(Self.napMicroseconds)
            guard next.remainingMilliseconds == 0 else { continue }
            next = Self.renewal
            let names = state.withLock { Array($0.running.keys) }
            guard !names.isEmpty else { continue }
            do throws(Failure) {
                let held = try store.renewJobs(names, of: worker, leaseSeconds: Self.leaseSeconds)
                state.withLock { state in
                    for name in names where !held.contains(name) && state.running[name] != nil {
                        state.running[name] = false
                    }
                }
            } catch {
                noteDatabase(error)
            }
        }
    }

    private static var renewal: Deadline { Deadline(afterMilliseconds: leaseSeconds * 1_000 / 3) }

    // MARK: - Time

    private static let napMicroseconds: UInt32 = 50_000

    /// Waits on the monotonic clock, and no longer than until `stop` or until the job is woken.
    private func rest(milliseconds: Int, orUntilWoken job: String? = nil) {
        let end = Deadline(afterMilliseconds: milliseconds)
        while end.remainingMilliseconds > 0, !isStopping {
            if let job, state.withLock({ $0.woken.remove(job) }) != nil { return }
            usleep(min(Self.napMicroseconds, UInt32(clamping: end.remainingMilliseconds * 1_000 + 1)))
        }
    }

    /// Says once that the database went away, and once that it is back.
    private func noteDatabase(_ failure: Failure?) {
        let isAway = failure != nil
        let changed = state.withLock { state in
            defer { state.databaseIsAway = isAway }
            return state.databaseIsAway != isAway
        }
        guard changed else { return }
        if let failure {
            log("warning", "jobs wait for the database: \(failure.reason)")
        } else {
            log("info", "jobs have the database again")
        }
    }
}

/// Longer and longer pauses.
private struct Backoff {
    private var milliseconds = 1_000

    mutating func next() -> Int {
        defer { milliseconds = min(milliseconds * 2, 5_000) }
        return milliseconds
    }
}

extension Failure {
    /// For the log and the table: what went wrong, without anything secret.
    var reason: String {
        switch self {
        case .defect(let reason): "defect: \(reason)"
        case .upstream(let failure): failure.message
        case .unavailable: "the database is away or busy"
        default: "\(self)"
        }
    }
}
