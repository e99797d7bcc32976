import Foundation

/// A child process. Foundation's `Process` waits for the descriptors that it hands down, so it never sees the end
/// of a program that leaves a daemon behind.
struct Child {
    private let process: pid_t

    /// Starts `command`, whose first word is looked up in PATH, with `input` or nothing as its standard input.
    /// As root it runs as the user `postgres`, because PostgreSQL refuses to run as root.
    init(_ command: [String], input: Int32? = nil) throws(ScratchError) {
        let words = geteuid() == 0 ? ["runuser", "-u", "postgres", "--"] + command : command
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        for output in [1, 2] as [Int32] {
            posix_spawn_file_actions_addopen(&actions, output, "/dev/null", O_WRONLY, 0)
        }
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var identifier: pid_t = 0
        let result = posix_spawnp(&identifier, words[0], &actions, nil, &arguments, environ)
        guard result == 0 else { throw ScratchError("cannot run \(words[0]): \(String(cString: strerror(result)))") }
        process = identifier
    }

    /// Waits for its end; whether it succeeded.
    func succeeds() -> Bool {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return status == 0
    }
}
