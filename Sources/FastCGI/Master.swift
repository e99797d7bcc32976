import CFastCGI
import Glibc

/// Keeps a number of worker processes alive on one listening socket.
///
/// SIGHUP reloads: new children first, and when they serve the old ones get SIGTERM and finish. SIGTERM
/// and SIGINT stop: the children finish, and `run` returns. A child that ends is replaced.
/// Not Sendable: one thread makes it and runs it.
package final class Master {
    /// The variable that tells a child its master's process ID.
    static let pidVariable = "FASTCGI_MASTER_PID"

    let settings: MasterSettings
    let listener: Int32
    var children: [ChildProcess] = []
    var respawn = Respawn()
    /// Of the children that serve.
    var generation = 0
    /// Of the children started last.
    var lastGeneration = 0
    var reload: Reload?
    var isReloadWanted = false
    var isStopping = false
    var companion: ChildProcess?
    var companionRespawn = Respawn()

    /// The listening socket stays the caller's.
    package init(listener: Int32, settings: MasterSettings) {
        self.listener = listener
        self.settings = settings
    }

    /// Serves until SIGTERM or SIGINT, then returns when all children have ended.
    ///
    /// Call it on the main thread before any other thread exists: the signals are blocked for the calling
    /// thread and what it starts later, and the kernel ends the children when this thread ends.
    package func run() throws(SystemError) {
        let signals = try SignalDescriptor([SIGTERM, SIGINT, SIGHUP, SIGCHLD])
        while true {
            let now = MonotonicClock.milliseconds()
            reap(at: now)
            reapCompanion(at: now)
            noticeReadiness()
            advanceReload(at: now)
            enforceGrace(at: now)
            if isStopping && children.isEmpty && companion == nil { return }
            startMissing(at: now)
            startCompanion()
            wait(for: signals, milliseconds: pause(at: MonotonicClock.milliseconds()))
            while let signal = signals.next() { obey(signal) }
        }
    }

    /// To be called by a child at its start: it gets SIGTERM when its master ends, however that happens.
    /// Without effect in a process that no master started.
    package static func bindLifeToParent() {
        guard let text = getenv(pidVariable) else { return }
        let master = String(cString: text)
        unsetenv(pidVariable)
        _ = fastcgi_signal_on_parent_death(SIGTERM)
        // The master may have ended before the kernel was told.
        if master != String(getppid()) { kill(getpid(), SIGTERM) }
    }

    private func obey(_ signal: Int32) {
        switch signal {
        case SIGHUP where !isStopping:
            isReloadWanted = true
            terminateCompanion()
        case SIGTERM, SIGINT:
            guard !isStopping else { return }
            settings.log("info", "stopping \(children.count) workers")
            isStopping = true
            reload = nil
            for index in children.indices { terminate(index) }
            terminateCompanion()
        default:
            break
        }
    }

    /// Milliseconds until something has to be done although no signal and no child reports.
    private func pause(at now: Int) -> Int {
        var moments = (children + [companion].compactMap { $0 }).compactMap(\.killAt)
        if let reload { moments.append(reload.deadline) }
        var pause = moments.map { max(0, $0 - now) }.min() ?? 60_000
        if !isStopping, reload == nil, missing > 0 { pause = min(pause, respawn.delay(at: now)) }
        if isCompanionMissing { pause = min(pause, companionRespawn.delay(at: now)) }
        // A deadline is over at its millisecond, not before.
        return min(pause, 60_000) + 1
    }

    private func wait(for signals: SignalDescriptor, milliseconds: Int) {
        let watched = [signals.descriptor] + children.compactMap(\.readiness)
        var entries = watched.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        _ = poll(&entries, nfds_t(entries.count), Int32(clamping: milliseconds))
    }
}
