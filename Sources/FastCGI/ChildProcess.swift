import CFastCGI
import Glibc

/// A running child of the master, and the pipe through which it reports that it serves.
struct ChildProcess {
    let pid: pid_t
    let startedAt: Int
    /// Which start or reload it belongs to.
    let generation: Int
    /// Readable when the child serves or has ended; nil once that was seen.
    var readiness: Int32?
    var isReady = false
    /// When SIGKILL follows; nil while nobody asked it to end.
    var killAt: Int?

    /// Starts a child with the listener as descriptor 0, the standard output and error, the readiness
    /// pipe and no other descriptor, no blocked signal and the default action for all of them.
    static func spawn(
        _ settings: MasterSettings, listener: Int32, generation: Int
    ) throws(SystemError) -> ChildProcess {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0, let reading = ends.first, let writing = ends.last else { throw .last("pipe") }
        defer { close(writing) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(reading, F_SETFL, O_NONBLOCK)
        do throws(SystemError) {
            let pid = try spawn(settings, listener: listener, readiness: writing)
            return ChildProcess(
                pid: pid, startedAt: MonotonicClock.milliseconds(), generation: generation, readiness: reading)
        } catch {
            close(reading)
            throw error
        }
    }

    private static func spawn(
        _ settings: MasterSettings, listener: Int32, readiness: Int32
    ) throws(SystemError) -> pid_t {
        // A target descriptor must not be one of the sources.
        let source = fcntl(listener, F_DUPFD_CLOEXEC, 10)
        let report = fcntl(readiness, F_DUPFD_CLOEXEC, 10)
        defer {
            close(source)
            close(report)
        }
        guard source >= 0, report >= 0 else { throw .last("fcntl") }

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, source, 0)
        posix_spawn_file_actions_adddup2(&actions, report, Readiness.childDescriptor)
        fastcgi_spawn_close_from(&actions, Readiness.childDescriptor + 1)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var pid: pid_t = 0
        let code = withStrings(settings.arguments) { arguments in
            withStrings(environment(settings)) { environment in
                posix_spawn(&pid, settings.executable, &actions, &attributes, arguments, environment)
            }
        }
        if code != 0 { throw SystemError(call: "posix_spawn", code: code) }
        return pid
    }

    private static func environment(_ settings: MasterSettings) -> [String] {
        let own = [Readiness.variable + "=", Master.pidVariable + "=", "LISTEN_PID=", "LISTEN_FDS="]
        let inherited = (settings.environment ?? processEnvironment()).filter { entry in
            !own.contains { entry.hasPrefix($0) }
        }
        return inherited + ["\(Readiness.variable)=\(Readiness.childDescriptor)", "\(Master.pidVariable)=\(getpid())"]
    }

    private static func processEnvironment() -> [String] {
        guard var entry = fastcgi_environment() else { return [] }
        var entries: [String] = []
        while let text = entry.pointee {
            entries.append(String(cString: text))
            entry = entry.advanced(by: 1)
        }
        return entries
    }

    /// Calls with a NULL-terminated array of C strings.
    private static func withStrings(
        _ strings: [String], _ call: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32
    ) -> Int32 {
        var copies: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        copies.append(nil)
        return copies.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return EINVAL }
            return call(start)
        }
    }
}
