import API
import Configuration
import FastCGI
import Foundation

// A client or provider that leaves must be an error of one call, not the end of the process.
signal(SIGPIPE, SIG_IGN)

let usage = """
    providerd: the control plane for third-party APIs

    usage: providerd ROLE [--config FILE]

    roles:
      run           everything this machine does, under one supervisor
      api           the FastCGI worker pool: binds the configured socket, or takes one over from
                    spawn-fcgi (fd 0) or systemd (LISTEN_FDS)
      jobs          what runs by itself: usage posting, alerts, health checks, balances, retention.
                    Any number of processes may run; each job runs in one of them at a time
      check-config  reads the configuration and says what is wrong with it

    The configuration file comes from --config or from PROVIDERD_CONFIG.
    Signals: SIGHUP reloads without losing a request, SIGTERM finishes what is under way and stops. The role jobs
    stops on SIGHUP as well: whoever supervises it starts it again with the new configuration.
    Exit status: 0 stopped as asked, 1 could not start, 2 usage.
    """

func fail(_ message: String, status: Int32) -> Never {
    FileHandle.standardError.write(Data("providerd: \(message)\n".utf8))
    exit(status)
}

let roles = ["run", "api", "worker", "jobs", "check-config"]

var arguments = Arguments(Array(CommandLine.arguments.dropFirst()))
if arguments.flag("--help") || arguments.flag("-h") {
    print(usage)
    exit(0)
}
do {
    let configOption = try arguments.option("--config")
    guard let role = arguments.word() else { throw UsageError("a role is missing") }
    guard roles.contains(role) else { throw UsageError("'\(role)' is not a role") }
    try arguments.finish()
    let path = try Configuration.path(option: configOption)
    let configuration = try Configuration(path: path)
    switch role {
    case "check-config":
        _ = try Assembly.application(configuration, log: .standardError)
        print("\(path): no mistakes found")
    case "worker": try Roles.worker(configuration)
    case "jobs": try Roles.jobs(configuration)
    case "api": try Roles.api(configuration, path: path)
    default: try Roles.api(configuration, path: path, withJobs: true)
    }
} catch let error as UsageError {
    fail("\(error)\n\n\(usage)", status: 2)
} catch {
    fail("\(error)", status: 1)
}
