import CFastCGI
import Foundation

/// How a master runs its children.
package struct MasterSettings: Sendable {
    package var executable: String
    /// The words after the executable's name.
    package var arguments: [String]
    package var children: Int
    /// How long a child may take to finish before it is killed.
    package var graceMilliseconds: Int

    package init(executable: String, arguments: [String], children: Int, graceMilliseconds: Int = 35_000) {
        self.executable = executable
        self.arguments = arguments
        self.children = children
        self.graceMilliseconds = graceMilliseconds
    }
}

/// Starts worker processes that share one listening socket, replaces those that die, and reloads without losing a
/// request: the socket stays open all the time, new children serve before the old ones are told to finish.
package final class Master {
    private let settings: MasterSettings
    private let listener: Int32
    private let log: (_ level: String, _ message: String) -> Void
    private var children: [Child] = []
    private var backOff = BackOff()
    private var isStopping = false

    /// `listener` stays the caller's. `log` gets what an operator should know.
    package init(
        settings: MasterSettings, listener: Int32, log: @escaping (_ level: String, _ message: String) -> Void
    ) {
        self.settings = settings
        self.listener = listener
        self.log = log
    }

    /// In a child: it gets SIGTERM when its master dies, so that no worker is left behind.
    package static func bindLifeToParent() {
        _ = providerd_die_with_parent(SIGTERM)
    }

    /// Runs until SIGTERM or SIGINT; SIGHUP reloads. Call it on the main thread, before others are started.
    package func run() {
        Signals.block()
        startMissing()
        while !isStopping {
            let signal = Signals.wait(for: [SIGTERM, SIGINT, SIGHUP, SIGCHLD], milliseconds: 200)
            reap()
            switch signal {
            case SIGTERM, SIGINT: isStopping = true
            case SIGHUP: reload()
            default: break
            }
            if !isStopping { startMissing() }
            killOverdue()
        }
        log("info", "stopping")
        for child in children { end(child) }
        while !children.isEmpty {
            _ = Signals.wait(for: [SIGCHLD], milliseconds: 100)
            reap()
            killOverdue()
        }
    }

    private func reload() {
        log("info", "reloading")
        let old = children.filter { !$0.isEnding }
        for _ in 0..<settings.children { start() }
        // A child that cannot start, say because of a wrong configuration, has died by now: then the old ones go on.
        let ready = Deadline(milliseconds: 1_500)
        while !ready.isOver { _ = Signals.wait(for: [SIGCHLD], milliseconds: 50) }
        reap()
        let new = children.filter { child in !child.isEnding && !old.contains { $0 === child } }
        guard new.count == settings.children else {
            log("error", "the reload failed: the new workers do not start, the old ones go on")
            for child in new { end(child) }
            return
        }
        // Those that are still there: the number of one that has died may be another process's by now.
        for child in children where old.contains(where: { $0 === child }) { end(child) }
    }

    private func startMissing() {
        while children.count(where: { !$0.isEnding }) < settings.children, backOff.mayStart { start() }
    }

    private func start() {
        backOff.started()
        switch Spawn.child(settings.executable, settings.arguments, listener: listener) {
        case .success(let process): children.append(Child(process: process))
        case .failure(let error): log("error", "cannot start a worker: \(error)")
        }
    }

    private func reap() {
        var status: Int32 = 0
        while true {
            let process = waitpid(-1, &status, WNOHANG)
            guard process > 0 else { return }
            guard let index = children.firstIndex(where: { $0.process == process }) else { continue }
            let child = children.remove(at: index)
            guard !child.isEnding else { continue }
            backOff.ended(after: child.age, cleanly: status == 0)
            let signal = status & 0x7F
            if signal != 0 {
                log("error", "worker \(process) was ended by signal \(signal)")
            } else if status >> 8 & 0xFF != 0 {
                log("error", "worker \(process) ended with status \(status >> 8 & 0xFF)")
            } else {
                log("info", "worker \(process) has served its number of requests")
            }
        }
    }

    private func end(_ child: Child) {
        child.endBy = Deadline(milliseconds: settings.graceMilliseconds)
        kill(child.process, SIGTERM)
    }

    private func killOverdue() {
        for child in children where child.endBy?.isOver == true {
            log("error", "worker \(child.process) does not finish and is killed")
            kill(child.process, SIGKILL)
            child.endBy = Deadline(milliseconds: 5_000)
        }
    }
}

/// A worker process.
private final class Child {
    let process: pid_t
    private let startedAt = Assembler.clock()
    /// Set once it was told to finish.
    var endBy: Deadline?

    init(process: pid_t) { self.process = process }

    var isEnding: Bool { endBy != nil }
    var age: UInt64 { Assembler.clock() - startedAt }
}

/// A moment on the monotonic clock.
private struct Deadline {
    private let at: UInt64

    init(milliseconds: Int) { at = Assembler.clock() + UInt64(clamping: milliseconds) * 1_000_000 }

    var isOver: Bool { Assembler.clock() >= at }
}

/// Keeps children that die at once from being started in a loop: after three in a row that lived less than ten seconds,
/// at most one start a second.
private struct BackOff {
    private var quickDeaths = 0
    private var lastStart: UInt64 = 0

    var mayStart: Bool { quickDeaths < 3 || Assembler.clock() - lastStart >= 1_000_000_000 }

    mutating func started() { lastStart = Assembler.clock() }

    /// A worker that has served its number of requests may do so fast.
    mutating func ended(after age: UInt64, cleanly: Bool) {
        let isQuick = age < (cleanly ? 1_000_000_000 : 10_000_000_000)
        quickDeaths = isQuick ? quickDeaths + 1 : 0
    }
}
