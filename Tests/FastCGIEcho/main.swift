import FastCGI
import Foundation
import Synchronization

/// A FastCGI program for the tests and for measurements: `fastcgi-echo worker [LIFE-MILLISECONDS]` serves on the
/// listener in descriptor 0, `fastcgi-echo master PATH CHILDREN [LIFE-MILLISECONDS]` keeps workers of itself on a socket.
struct Echo: FastCGIApplication {
    func lane(of request: FastCGIRequest) -> Lane {
        request.parameter("LANE") == "upstream" ? .upstream : .direct
    }

    func handle(_ request: FastCGIRequest) {
        if let pause = request.parameter("PAUSE").flatMap({ UInt32($0) }) { usleep(pause * 1_000) }
        do throws(FastCGIError) {
            let body = try request.readBody(limit: 1 << 20)
            let answer = body.isEmpty ? Array("pid \(getpid())\n".utf8) : body
            try request.send(status: 200, headers: [("Content-Type", "text/plain")], body: answer)
        } catch {
            note("error", "\(error)")
        }
    }

    func refuse(_ request: FastCGIRequest) {
        do throws(FastCGIError) {
            try request.send(status: 503, headers: [("Retry-After", "1")], body: [])
        } catch {
            note("error", "\(error)")
        }
    }
}

@Sendable func note(_ level: String, _ message: String) {
    let line = Array("\(getpid()) \(level): \(message)\n".utf8)
    _ = line.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
}

func serve(lifeMilliseconds: Int?) throws {
    Master.bindLifeToParent()
    guard let listener = Listener.inherited() else { throw ListenerError.notLocal }
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    sigaddset(&signals, SIGINT)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    var settings = WorkerSettings()
    settings.log = note
    let worker = try Worker(listener: listener, application: Echo(), settings: settings)
    let awaited = signals
    Thread.detachNewThread {
        var signals = awaited
        var signal: Int32 = 0
        sigwait(&signals, &signal)
        worker.stop()
    }
    if let lifeMilliseconds {
        Thread.detachNewThread {
            usleep(UInt32(lifeMilliseconds) * 1_000)
            exit(1)
        }
    }
    try worker.run()
}

func supervise(path: String, children: Int, rest: [String]) throws {
    let listener = try Listener.bind(path: path, mode: 0o660)
    var settings = MasterSettings(
        executable: "/proc/self/exe", arguments: ["fastcgi-echo", "worker"] + rest, children: children)
    settings.log = note
    try Master(listener: listener, settings: settings).run()
}

let arguments = CommandLine.arguments
switch arguments.dropFirst().first {
case "worker":
    try serve(lifeMilliseconds: arguments.count > 2 ? Int(arguments[2]) : nil)
case "master" where arguments.count > 3:
    try supervise(path: arguments[2], children: Int(arguments[3]) ?? 1, rest: Array(arguments.dropFirst(4)))
default:
    note("error", "usage: fastcgi-echo worker [MILLISECONDS] | master PATH CHILDREN [MILLISECONDS]")
    exit(2)
}
