import API
import Configuration
import FastCGI
import Foundation
import JSON

/// What a providerd process can be.
enum Roles {
    /// The master of the worker pool. Its children are this program in the role `worker`.
    static func api(_ configuration: Configuration, path: String) throws {
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

    private static func endingSignals() -> sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGTERM)
        sigaddset(&signals, SIGINT)
        return signals
    }
}
