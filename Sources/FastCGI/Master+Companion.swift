import Glibc

/// The child that does not serve: started, watched and ended beside the others.
extension Master {
    var isCompanionMissing: Bool { !isStopping && companion == nil && settings.companion != nil }

    /// Starts it where it is missing, as fast as its own `companionRespawn` allows.
    func startCompanion() {
        guard isCompanionMissing, let arguments = settings.companion else { return }
        let now = MonotonicClock.milliseconds()
        guard companionRespawn.delay(at: now) == 0 else { return }
        companionRespawn.started(at: now)
        var own = settings
        own.arguments = arguments
        do throws(SystemError) {
            var started = try ChildProcess.spawn(own, listener: listener, generation: generation)
            // It never serves, so that it has nothing to report.
            if let readiness = started.readiness { close(readiness) }
            started.readiness = nil
            companion = started
        } catch {
            companionRespawn.died(startedAt: now, at: now)
            settings.log("error", "the process beside the workers cannot be started: \(error)")
        }
    }

    /// Asks it to finish.
    func terminateCompanion() {
        guard let child = companion, child.killAt == nil else { return }
        companion?.killAt = MonotonicClock.milliseconds() &+ settings.graceMilliseconds
        kill(child.pid, SIGTERM)
    }

    /// Forgets it when it has ended, and kills it when it did not finish in time.
    func reapCompanion(at now: Int) {
        guard let child = companion else { return }
        var status: Int32 = 0
        let outcome = waitpid(child.pid, &status, WNOHANG)
        if outcome == child.pid || (outcome < 0 && errno == ECHILD) {
            companion = nil
            guard child.killAt == nil else { return }
            companionRespawn.died(startedAt: child.startedAt, at: now)
            let pace = companionRespawn.isThrottled ? ", one start a second from now on" : ""
            settings.log(
                "error", "process \(child.pid) beside the workers ended by itself (\(describe(status)))\(pace)")
        } else if let killAt = child.killAt, killAt <= now {
            settings.log("error", "process \(child.pid) did not finish in time and is killed")
            kill(child.pid, SIGKILL)
            companion?.killAt = now &+ settings.graceMilliseconds
        }
    }
}
