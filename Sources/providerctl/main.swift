import Configuration
import Domain
import Foundation

signal(SIGPIPE, SIG_IGN)
// Long output to a pipe is line by line, so that progress is seen while it happens.
setvbuf(stdout, nil, _IOLBF, 0)

exit(CommandTable.run(Array(CommandLine.arguments.dropFirst())))
