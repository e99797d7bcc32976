/// Replacing all children without a moment in which nobody serves.
extension Master {
    /// A reload that is under way.
    struct Reload {
        /// Of the new children.
        let generation: Int
        /// When it is given up.
        let deadline: Int
    }

    /// Takes the next step of a reload, if one is wanted or under way.
    func advanceReload(at now: Int) {
        guard !isStopping else { return }
        if let reload {
            let fresh = children.filter { $0.generation == reload.generation }
            if fresh.count == settings.children && fresh.allSatisfy(\.isReady) {
                finish(reload)
            } else if now >= reload.deadline {
                failReload("the new workers did not serve in time")
            }
        } else if isReloadWanted {
            isReloadWanted = false
            beginReload(at: now)
        }
    }

    private func beginReload(at now: Int) {
        settings.log("info", "reloading: starting \(settings.children) new workers")
        lastGeneration += 1
        let started = Reload(generation: lastGeneration, deadline: now &+ settings.startMilliseconds)
        reload = started
        for _ in 0..<settings.children where reload != nil {
            if !start(started.generation) { failReload("a new worker cannot be started") }
        }
    }

    private func finish(_ finished: Reload) {
        reload = nil
        generation = finished.generation
        settings.log("info", "reloaded: the new workers serve, the old ones finish")
        for index in children.indices where children[index].generation != generation { terminate(index) }
    }

    /// Ends the new children and goes on with the old ones.
    func failReload(_ reason: String) {
        guard let failed = reload else { return }
        reload = nil
        settings.log("error", "the reload failed, the old workers stay: \(reason)")
        for index in children.indices where children[index].generation == failed.generation { terminate(index) }
    }
}
