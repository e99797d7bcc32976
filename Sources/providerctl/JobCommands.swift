import Configuration
import Domain
import Foundation
import JSON
import Store

extension Command {
    static let listJobs = Command("jobs", "shows what runs by itself: last run, next run, last error") {
        arguments, invocation in
        try arguments.finish()
        let jobs = try invocation.installation().store().jobs()
        let output = invocation.output
        output.table(
            ["JOB", "EVERY", "LAST RUN", "NEXT RUN", "STATE", "LAST ERROR"],
            jobs.map { job in
                [
                    job.name, "\(job.everySeconds)s", job.lastFinishedAt?.iso(.seconds) ?? "never",
                    job.nextRunAt.iso(.seconds), job.state(at: .now()), job.lastError ?? "",
                ]
            })
        output.json { $0.array(jobs) { $0.job($1) } }
        return .success
    }

    static let runJob = Command(
        "jobs run", "runs a job now, in the process that runs jobs, and waits for its end",
        usage: """
            NAME [--timeout SECONDS]
              NAME               the job, as 'jobs' names it
              --timeout SECONDS  how long to wait for its end, 60 unless given
            """
    ) { arguments, invocation in
        let seconds = try arguments.option("--timeout").map(Self.seconds) ?? 60
        guard let name = arguments.word() else { throw UsageError("the job's name is missing") }
        try arguments.finish()
        let store = try invocation.installation().store()
        let job = try Self.run(name, in: store, waiting: Deadline(afterMilliseconds: seconds * 1_000))
        if let problem = job.lastError { throw Refusal("\(name) failed: \(problem)") }
        invocation.output.text("\(name) has run")
        invocation.output.json { $0.job(job) }
        return .success
    }

    private static func seconds(_ text: String) throws(UsageError) -> Int {
        guard let seconds = Int(text), 1...86_400 ~= seconds else {
            throw UsageError("--timeout must be a number of seconds between 1 and 86400")
        }
        return seconds
    }

    /// Asks for a run and waits until one that began after that has ended.
    private static func run(_ name: String, in store: Store, waiting end: Deadline) throws -> JobRecord {
        guard try store.jobs().contains(where: { $0.name == name }) else {
            throw Refusal("there is no job \(name): 'providerctl jobs' lists them")
        }
        let requested = try store.transaction { (transaction) throws(Failure) in
            let requested = try transaction.requestJob(name)
            try transaction.audit(Installation.entry("job.run", subject: name), at: .now())
            return requested
        }
        while end.remainingMilliseconds > 0 {
            let found = try store.jobs().first { $0.name == name }
            if let job = found, let started = job.lastStartedAt, let finished = job.lastFinishedAt,
                started >= requested, finished >= started
            {
                return job
            }
            usleep(100_000)
        }
        throw Refusal("\(name) has not ended in time; is 'providerd run' or 'providerd jobs' running?")
    }
}

extension JobRecord {
    fileprivate func state(at now: Timestamp) -> String {
        guard let lockedUntil else { return "waiting" }
        return lockedUntil > now ? "running" : "left behind"
    }
}

extension JSONWriter {
    fileprivate mutating func job(_ job: JobRecord) {
        object {
            $0.field("name", job.name)
            $0.field("everySeconds", job.everySeconds)
            $0.field("lastStartedAt", job.lastStartedAt?.iso(.milliseconds))
            $0.field("lastFinishedAt", job.lastFinishedAt?.iso(.milliseconds))
            $0.field("nextRunAt", job.nextRunAt.iso(.milliseconds))
            $0.field("state", job.state(at: .now()))
            $0.field("runsIn", job.lockedBy)
            $0.field("lastError", job.lastError)
        }
    }
}
