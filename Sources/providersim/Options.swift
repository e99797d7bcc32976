import FastCGI

/// What the command line says.
struct Options {
    enum Parsed {
        case run(Options)
        case help
        case wrong(String)
    }

    /// Nothing to listen on.
    enum Problem: Error, CustomStringConvertible {
        case noSocket

        var description: String { "--socket PATH is needed, since no listening socket was inherited" }
    }

    var socket: String?
    var threads = 64

    static let usage = """
        usage: providersim [--socket PATH] [--threads N]

        Answers FastCGI requests as the providers would, with faults on demand: language models, media, routers of
        models, vCenter and OpenStack. docs/simulator.md lists them.

          --socket PATH   listen on this unix socket; without it, on the listening socket inherited as descriptor 0
          --threads N     calls that may be under way at the same time, 1 to 512 (64)
          --help          this text

        Paths begin with the provider's slug, such as /openai or /fal_ai; /_sim is the simulator's own API.
        SIGTERM ends it after the answers that are under way.
        """

    static func parse(_ arguments: [String]) -> Parsed {
        var options = Options()
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--help", "-h": return .help
            case "--socket":
                guard let path = rest.popFirst(), !path.isEmpty else { return .wrong("--socket needs a path") }
                options.socket = path
            case "--threads":
                guard let count = rest.popFirst().flatMap({ Int($0) }), 1...512 ~= count else {
                    return .wrong("--threads needs a number from 1 to 512")
                }
                options.threads = count
            default: return .wrong("unknown argument \(argument)")
            }
        }
        return .run(options)
    }

    func listener() throws -> Int32 {
        if let socket { return try Listener.bind(path: socket, mode: 0o660) }
        guard let inherited = Listener.inherited() else { throw Problem.noSocket }
        return inherited
    }

    /// Simulated calls may hang on purpose, so they have the second lane; the control API stays reachable.
    var workerSettings: WorkerSettings {
        var settings = WorkerSettings()
        settings.threads = 4
        settings.upstreamThreads = threads
        settings.upstreamQueue = threads
        return settings
    }
}
