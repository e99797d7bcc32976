import Configuration
import Crypto
import Domain
import Foundation
import HTTP
import Postgres
import Providers

enum CommandTable {
    static let commands: [Command] = [
        .token, .verifyToken, .listProviders, .setProvider, .migrate, .routes, .verifyAudit, .checkEgress, .listJobs,
        .runJob, .syncCatalogue, .generateImage, .health, .setCredential, .listCredentials, .removeCredential,
        .importCredentials, .setup, .generateKey, .doctor, .postUsage, .fillSandbox, .report,
    ]

    static func run(_ words: [String]) -> Int32 {
        let isHelp = { (word: String) in word == "--help" || word == "-h" }
        guard let command = find(words) else {
            if let first = words.first, isHelp(first) || isGroup(first) && words.contains(where: isHelp) {
                print(overview)
                return ExitStatus.success.rawValue
            }
            let problem =
                words.isEmpty ? "a command is missing" : "'\(words.prefix(2).joined(separator: " "))' is not a command"
            return complain("\(problem)\n\n\(overview)", .usage)
        }
        if words.contains(where: isHelp) {
            print(command.help)
            return ExitStatus.success.rawValue
        }
        return run(command, Array(words.dropFirst(command.name.split(separator: " ").count)))
    }

    private static func run(_ command: Command, _ words: [String]) -> Int32 {
        var arguments = Arguments(words)
        do {
            let output = Output(isJSON: arguments.flag("--json"))
            let invocation = Invocation(output: output, configurationOption: try arguments.option("--config"))
            return try command.run(&arguments, invocation).rawValue
        } catch let error as UsageError {
            return complain("\(command.name): \(error)\n\n\(command.help)", .usage)
        } catch let error as Refusal {
            return complain("\(command.name): \(error.reason)", .no)
        } catch {
            return complain("\(command.name): \(explanation(of: error))", .failed)
        }
    }

    /// The command with the most words that the line begins with: `token verify` before `token`.
    private static func find(_ words: [String]) -> Command? {
        commands.filter { words.starts(with: $0.name.split(separator: " ").map(String.init)) }
            .max { $0.name.utf8.count < $1.name.utf8.count }
    }

    /// Whether commands begin with this word, as `provider list` with `provider`.
    private static func isGroup(_ word: String) -> Bool { commands.contains { $0.name.hasPrefix(word + " ") } }

    private static func complain(_ message: String, _ status: ExitStatus) -> Int32 {
        FileHandle.standardError.write(Data("providerctl: \(message)\n".utf8))
        return status.rawValue
    }

    private static var overview: String {
        let width = commands.map(\.name.count).max() ?? 0
        let rows = commands.map {
            "  " + $0.name.padding(toLength: width + 2, withPad: " ", startingAt: 0) + $0.summary
        }
        return """
            providerctl: the command line of providerd

            usage: providerctl COMMAND [OPTION …] [--config FILE] [--json]

            \(rows.joined(separator: "\n"))

            'providerctl COMMAND --help' says more. The configuration file comes from --config or PROVIDERD_CONFIG.
            Exit status: 0 done, 1 the answer is no, 2 usage, 3 could not be done.
            """
    }
}

/// Why a command could not do its work, for the operator, who may read more than a caller of the API.
func explanation(of error: any Error) -> String {
    switch error {
    case Failure.unavailable: "the database cannot be reached: is it running, and is 'database' right?"
    case Failure.defect(let reason): reason
    case let failure as Failure: failure.message
    case let error as PostgresError: error.reason
    case let error as MigrationError: error.reason
    case let error as CryptoError: error.text
    case let error as CatalogueError: "line \(error.line) of the catalogue: \(error.reason)"
    default: "\(error)"
    }
}
