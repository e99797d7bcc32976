/// A provider that may be chosen for a capability, and why it is not where it is not.
package struct SelectionCandidate: Sendable {
    package let provider: String
    package let displayName: String
    package let priority: Int
    /// Among those of the same priority the larger one first; nil where no routing rule says it.
    package let weight: Int?
    /// The model that would be called; nil when it offers none of this capability.
    package let model: String?
    package let health: HealthStatus?
    /// Empty for one that can be chosen.
    package let obstacles: [Obstacle]

    /// Why a provider is passed over.
    package enum Obstacle: String, Sendable, CaseIterable {
        /// Switched off by an administrator.
        case disabled
        /// The routing rule of the model switches it off, or leaves it out.
        case notRouted = "not_routed"
        /// The newest check found it down, within the last hour.
        case down
        /// The installation has no credential for it.
        case keyless
        /// It has, but none that is switched on, has not ended and was not refused.
        case keyUnusable = "key_unusable"
        /// It offers no model of the capability, or not the one that is asked for.
        case noModel = "no_model"
        /// This program cannot call it.
        case unsupported
    }

    package init(
        provider: String, displayName: String, priority: Int, weight: Int?, model: String?, health: HealthStatus?,
        obstacles: [Obstacle]
    ) {
        self.provider = provider
        self.displayName = displayName
        self.priority = priority
        self.weight = weight
        self.model = model
        self.health = health
        self.obstacles = obstacles
    }

    package var isUsable: Bool { obstacles.isEmpty }

    /// The same with one more obstacle.
    package func with(_ obstacle: Obstacle) -> SelectionCandidate {
        SelectionCandidate(
            provider: provider, displayName: displayName, priority: priority, weight: weight, model: model,
            health: health, obstacles: obstacles + [obstacle])
    }
}

/// What order candidates are in.
package struct ProviderSelection: Sendable {
    /// Whether a routing rule of the model orders them; otherwise the providers' own priorities do.
    package let isRouted: Bool
    package let candidates: [SelectionCandidate]

    package init(isRouted: Bool, candidates: [SelectionCandidate]) {
        self.isRouted = isRouted
        self.candidates = candidates
    }
}
