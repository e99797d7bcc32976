import Configuration

/// One command of the command line.
struct Command: Sendable {
    let name: String
    let summary: String
    /// The words after the name, and what they mean, one a line.
    let usage: String
    /// Takes every argument before anything is read or contacted, so that a mistake on the line is said first.
    let run: @Sendable (inout Arguments, Invocation) throws -> ExitStatus

    init(
        _ name: String, _ summary: String, usage: String = "",
        run: @escaping @Sendable (inout Arguments, Invocation) throws -> ExitStatus
    ) {
        self.name = name
        self.summary = summary
        self.usage = usage
        self.run = run
    }

    /// What `--help` prints.
    var help: String {
        let lines = usage.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        let words = ["usage: providerctl", name, String(lines.first ?? ""), "[--config FILE] [--json]"]
        let details = lines.count > 1 ? "\n\n" + lines[1] : ""
        return """
            \(words.filter { !$0.isEmpty }.joined(separator: " "))

            \(name): \(summary)\(details)

              --config FILE  the configuration; without it, the file that PROVIDERD_CONFIG names
              --json         one JSON document instead of text
              --help         this text
            """
    }
}

/// What every command is given beside its own arguments.
struct Invocation {
    let output: Output
    /// The value of `--config`.
    let configurationOption: String?

    /// Reads the configuration.
    func installation() throws(ConfigurationError) -> Installation { try Installation(option: configurationOption) }
}

enum ExitStatus: Int32 {
    case success = 0
    /// The answer is no: a token that does not verify, a broken chain, a refused address.
    case no = 1
    case usage = 2
    /// The command could not do its work: no database, no configuration.
    case failed = 3
}

/// What was asked for is not allowed: exit status 1.
struct Refusal: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
