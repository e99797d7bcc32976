import API
import Configuration
import FastCGI
import Foundation
import JSON

/// What a providerd process can be.
enum Roles {
    /// The master of the worker pool. Its children are this program in the role `worker`.
    static func api(_ configuration: Configuration, path: String) throws {
        Signals.block()
        // Before children are started one after the other: is it worth starting any?
        _ = try Assembly.application(configuration, log: .standardError)
        let listener = try listener(configuration)
        guard let executable = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
            throw ConfigurationError("/proc/self/exe", "cannot be read")
        }
        let settings = MasterSettings(
            executable: executable, arguments: ["worker", "--config", path], children: configuration.workers)
        let log = Log.standardError
        log.event("info", "serving") { $0.field("workers", configuration.workers) }
        Master(settings: settings, listener: listener) { log.event($0, $1) }.run()
        log.event("info", "stopped")
    }

    /// The socket that whoever started us listens on, or our own.
    private static func listener(_ configuration: Configuration) throws(ConfigurationError) -> Int32 {
        if let inherited = Listener.inherited() { return inherited }
        do throws(ListenerError) {
            return try Listener.bind(path: configuration.socket)
        } catch {
            throw ConfigurationError("socket", error.description)
        }
    }

    /// One worker: serves the socket on descriptor 0 until SIGTERM.
    static func worker(_ configuration: Configuration) throws {
        Signals.block()
        Master.bindLifeToParent()
        guard let listener = Listener.inherited() else {
            throw ConfigurationError("worker", "descriptor 0 is not a listening socket: start the role 'api'")
        }
        let application = try Assembly.application(configuration, log: .standardError)
        let worker = try Worker(
            listener: listener, application: Server(application: application, bodyLimit: configuration.bodyLimit),
            settings: WorkerSettings(
                threads: configuration.threads, upstreamThreads: configuration.upstreamThreads,
                upstreamQueue: configuration.upstreamThreads, maxRequests: configuration.requestsPerWorker,
                maxBody: configuration.bodyLimit))
        let signals = Thread {
            while Signals.wait(for: [SIGTERM, SIGINT], milliseconds: 60_000) == nil {}
            worker.stop()
        }
        signals.start()
        worker.run()
    }
}
