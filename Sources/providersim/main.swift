import FastCGI
import Foundation

// A client that leaves in the middle of an answer must not end the process.
signal(SIGPIPE, SIG_IGN)

/// Writes one line for the operator.
func report(_ line: String) {
    var rest = Array((line + "\n").utf8)[...]
    while !rest.isEmpty {
        let written = rest.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
        guard written > 0 else { return }
        rest = rest.dropFirst(written)
    }
}

func endingSignals() -> sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    sigaddset(&signals, SIGINT)
    return signals
}

/// Serves until SIGTERM or SIGINT; the exit status.
func serve(_ options: Options) -> Int32 {
    // Blocked before any thread exists, so that only the waiting thread gets them: libfcgi takes an interrupted
    // read for a failure.
    let ending = endingSignals()
    pthread_sigmask(SIG_BLOCK, [ending], nil)
    do {
        let application = SimulatorApplication()
        let worker = try Worker(
            listener: try options.listener(), application: application, settings: options.workerSettings)
        let waiting = Thread {
            var received: Int32 = 0
            sigwait([ending], &received)
            application.stop()
            worker.stop()
        }
        waiting.start()
        try worker.run()
        return 0
    } catch {
        report("providersim: \(error)")
        return 1
    }
}

switch Options.parse(Array(CommandLine.arguments.dropFirst())) {
case .run(let options): exit(serve(options))
case .help:
    print(Options.usage)
    exit(0)
case .wrong(let reason):
    report("providersim: \(reason)\n\(Options.usage)")
    exit(64)
}
