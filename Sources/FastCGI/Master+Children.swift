import Glibc

/// Starting, watching and ending the children.
extension Master {
    /// Children that should serve and are not there.
    var missing: Int {
        settings.children - children.count { $0.killAt == nil && $0.generation == generation }
    }

    /// Starts what is missing, as fast as `respawn` allows. A reload replaces nothing: it fails instead.
    func startMissing(at now: Int) {
        guard !isStopping, reload == nil else { return }
        while missing > 0, respawn.delay(at: MonotonicClock.milliseconds()) == 0 {
            guard start(generation) else { return }
        }
    }

    /// Starts one child. A failure counts as a quick death.
    func start(_ generation: Int) -> Bool {
        let now = MonotonicClock.milliseconds()
        respawn.started(at: now)
        do throws(SystemError) {
            children.append(try ChildProcess.spawn(settings, listener: listener, generation: generation))
            return true
        } catch {
            respawn.died(startedAt: now, at: now)
            settings.log("error", "a worker cannot be started: \(error)")
            return false
        }
    }

    /// Asks a child to finish.
    func terminate(_ index: Int) {
        guard children.indices.contains(index), children[index].killAt == nil else { return }
        children[index].killAt = MonotonicClock.milliseconds() &+ settings.graceMilliseconds
        kill(children[index].pid, SIGTERM)
    }

    /// Forgets children that have ended.
    func reap(at now: Int) {
        var ended: [(child: ChildProcess, status: Int32)] = []
        children.removeAll { child in
            var status: Int32 = 0
            let outcome = waitpid(child.pid, &status, WNOHANG)
            guard outcome == child.pid || (outcome < 0 && errno == ECHILD) else { return false }
            ended.append((child, status))
            return true
        }
        for (child, status) in ended {
            if let readiness = child.readiness { close(readiness) }
            if child.killAt == nil { noteDeath(of: child, status, at: now) }
        }
    }

    /// A child that ended by itself: a recycled worker (status 0 after a while) or a failure.
    private func noteDeath(of child: ChildProcess, _ status: Int32, at now: Int) {
        respawn.died(startedAt: child.startedAt, at: now)
        let level = status == 0 && !respawn.isThrottled ? "info" : "error"
        let pace = respawn.isThrottled ? ", workers keep ending at their start: one start a second from now on" : ""
        settings.log(level, "worker \(child.pid) ended by itself (\(describe(status)))\(pace)")
        if child.generation == reload?.generation { failReload("a new worker ended at its start") }
    }

    func describe(_ status: Int32) -> String {
        // The layout of wait(2): the signal in the low seven bits, else the exit status in the next octet.
        let signal = status & 0x7f
        return signal == 0 ? "exit status \(status >> 8 & 0xff)" : "signal \(signal)"
    }

    /// Sees which children report that they serve.
    func noticeReadiness() {
        for index in children.indices {
            guard let readiness = children[index].readiness else { continue }
            var octet: UInt8 = 0
            let count = read(readiness, &octet, 1)
            if count < 0 { continue }
            if count == 1 { children[index].isReady = true }
            close(readiness)
            children[index].readiness = nil
        }
    }

    /// Kills children that did not finish in time.
    func enforceGrace(at now: Int) {
        for index in children.indices {
            guard let killAt = children[index].killAt, killAt <= now else { continue }
            settings.log("error", "worker \(children[index].pid) did not finish in time and is killed")
            kill(children[index].pid, SIGKILL)
            children[index].killAt = now &+ settings.graceMilliseconds
        }
    }
}
