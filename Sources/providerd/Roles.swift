import API
import Configuration
import FastCGI
import Foundation
import JSON
import Jobs
import Postgres

/// What a providerd process can be.
enum Roles {
    /// The master of the worker pool. Its children are this program in the role `worker` and, `withJobs`, one in the
    /// role `jobs`.
    static func api(_ configuration: Configuration, path: String, withJobs: Bool = false) throws {
        let log = Log.standardError
        // Before children are started one after the other: is it worth starting any?
        _ = try Assembly.application(configuration, log: log)
        let listener = try listener(configuration)
        guard let executable = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
            throw ConfigurationError("/proc/self/exe", "cannot be read")
        }
        var settings = MasterSettings(
            executable: executable, arguments: ["providerd", "worker", "--config", path],
            children: configuration.workers)
        if withJobs { settings.companion = ["providerd", "jobs", "--config", path] }
        settings.log = { log.event($0, $1) }
        log.event("info", "serving") { $0.field("workers", configuration.workers) }
        try Master(listener: listener, settings: settings).run()
        log.event("info", "stopped")
    }

    /// The socket that whoever started us listens on, or our own.
    private static func listener(_ configuration: Configuration) throws(ConfigurationError) -> Int32 {
        if let inherited = Listener.inherited() { return inherited }
        do throws(ListenerError) {
            return try Listener.bind(path: configuration.socket, mode: 0o660)
        } catch {
            throw ConfigurationError("socket", "\(configuration.socket): \(error.reason)")
        }
    }

    /// One worker: serves the socket on descriptor 0 until SIGTERM.
    static func worker(_ configuration: Configuration) throws {
        Master.bindLifeToParent()
        guard let listener = Listener.inherited() else {
            throw ConfigurationError("worker", "descriptor 0 is not a listening socket: start the role 'api'")
        }
        // Blocked before any thread exists, so that only the waiting thread gets them.
        let ending = endingSignals()
        pthread_sigmask(SIG_BLOCK, [ending], nil)
        let log = Log.standardError
        let server = Server(
            application: try Assembly.application(configuration, log: log), bodyLimit: configuration.bodyLimit,
            log: log)
        var settings = WorkerSettings()
        settings.threads = configuration.threads
        settings.upstreamThreads = configuration.upstreamThreads
        settings.upstreamQueue = configuration.upstreamThreads
        settings.maxRequests = configuration.requestsPerWorker
        settings.log = { log.event($0, $1) }
        let worker = try Worker(listener: listener, application: server, settings: settings)
        Thread.detachNewThread {
            var received: Int32 = 0
            sigwait([ending], &received)
            worker.stop()
        }
        try worker.run()
    }

    /// What runs by itself, until SIGTERM.
    static func jobs(_ configuration: Configuration) throws {
        Master.bindLifeToParent()
        // A master hands the listening socket to all its children; this one does not serve.
        let nothing = open("/dev/null", O_RDWR | O_CLOEXEC)
        if nothing > 0 {
            dup2(nothing, STDIN_FILENO)
            close(nothing)
        }
        // Blocked before any thread exists, so that only the waiting thread gets them.
        var ending = endingSignals()
        sigaddset(&ending, SIGHUP)
        pthread_sigmask(SIG_BLOCK, &ending, nil)
        let log = Log.standardError
        let name = "\(ProcessInfo.processInfo.hostName):\(getpid()):\(UInt32.random(in: 0 ... .max))"
        let scheduler = try Assembly.scheduler(configuration, worker: name, log: log)
        let listening = try Assembly.listening(configuration, for: scheduler, log: log)
        let waited = ending
        Thread.detachNewThread {
            var received: Int32 = 0
            withUnsafePointer(to: waited) { _ = sigwait($0, &received) }
            scheduler.stop()
            listening?.stop()
        }
        if let listening { Thread.detachNewThread { listening.run() } }
        log.event("info", "running jobs") { $0.field("worker", name) }
        scheduler.run()
        log.event("info", "jobs have stopped")
    }

    private static func endingSignals() -> sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGTERM)
        sigaddset(&signals, SIGINT)
        return signals
    }
}
