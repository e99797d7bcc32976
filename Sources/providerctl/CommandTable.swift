import Configuration
import Domain
import Foundation

/// One command of the command line.
struct Command: Sendable {
    let name: String
    let summary: String
    /// The words after the name, and what they mean, one a line.
    let usage: String
    let run: @Sendable (inout Arguments, Output) throws -> ExitStatus

    init(
        _ name: String, _ summary: String, usage: String = "",
        run: @escaping @Sendable (inout Arguments, Output) throws -> ExitStatus
    ) {
        self.name = name
        self.summary = summary
        self.usage = usage
        self.run = run
    }
}

enum ExitStatus: Int32 {
    case success = 0
    /// The answer is no: a token that does not verify, a broken chain, a refused address.
    case no = 1
    case usage = 2
    /// The command could not do its work: no database, no configuration.
    case failed = 3
}

enum CommandTable {
    static let commands: [Command] = [
        .token, .verifyToken, .listProviders, .setProvider, .migrate, .routes, .verifyAudit, .checkEgress,
        .generateKey, .doctor,
    ]

    static func run(_ words: [String]) -> Int32 {
        let wantsHelp = words.contains("--help") || words.contains("-h") || words.isEmpty
        guard let command = find(words) else {
            if wantsHelp {
                print(overview)
                return ExitStatus.success.rawValue
            }
            complain("'\(words.prefix(2).joined(separator: " "))' is not a command\n\n\(overview)")
            return ExitStatus.usage.rawValue
        }
        if wantsHelp {
            print(help(command))
            return ExitStatus.success.rawValue
        }
        return run(command, Array(words.dropFirst(command.name.split(separator: " ").count)))
    }

    private static func run(_ command: Command, _ words: [String]) -> Int32 {
        var arguments = Arguments(words)
        let output = Output(isJSON: arguments.flag("--json"))
        do {
            return try command.run(&arguments, output).rawValue
        } catch let error as UsageError {
            complain("\(command.name): \(error)\n\n\(help(command))")
            return ExitStatus.usage.rawValue
        } catch let error as Failure {
            complain("\(command.name): \(error.explanation)")
            return ExitStatus.failed.rawValue
        } catch {
            complain("\(command.name): \(error)")
            return ExitStatus.failed.rawValue
        }
    }

    /// The command with the most words that the line begins with: `token verify` before `token`.
    private static func find(_ words: [String]) -> Command? {
        commands.filter { words.starts(with: $0.name.split(separator: " ").map(String.init)) }
            .max { $0.name.utf8.count < $1.name.utf8.count }
    }

    private static func complain(_ message: String) {
        FileHandle.standardError.write(Data("providerctl: \(message)\n".utf8))
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

    private static func help(_ command: Command) -> String {
        let first = command.usage.split(separator: "\n", maxSplits: 1).first ?? ""
        let rest = command.usage.split(separator: "\n", maxSplits: 1).dropFirst().first.map { "\n\n" + $0 } ?? ""
        return "usage: providerctl \(command.name) \(first)\n\n\(command.summary)\(rest)"
    }
}

extension Failure {
    /// For the operator at the command line, who may read more than a caller of the API.
    var explanation: String {
        switch self {
        case .invalid(let problems): problems.map { "\($0.field) \($0.reason)" }.joined(separator: "; ")
        case .notFound(let noun): "\(noun) not found"
        case .unavailable: "the database cannot be reached"
        case .defect(let reason): reason
        case .conflict(let reason): reason
        default: "\(self)"
        }
    }
}
