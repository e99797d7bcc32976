import Configuration
import Domain
import Foundation

signal(SIGPIPE, SIG_IGN)
exit(CommandTable.run(Array(CommandLine.arguments.dropFirst())))
