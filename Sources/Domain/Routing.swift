/// A provider that may answer for a model.
package struct RoutingTarget: Sendable, Equatable {
    package let provider: ProviderSlug
    /// 1 is asked first.
    package let priority: Int
    /// 0 to 1000: its share among the providers of the same priority.
    package let weight: Int
    package let enabled: Bool

    package init(provider: ProviderSlug, priority: Int, weight: Int, enabled: Bool) {
        self.provider = provider
        self.priority = priority
        self.weight = weight
        self.enabled = enabled
    }
}

/// Which providers may answer for a model, in the order in which they were written.
package struct RoutingRule: Sendable, Equatable {
    package let model: String
    package let targets: [RoutingTarget]

    package init(model: String, targets: [RoutingTarget]) {
        self.model = model
        self.targets = targets
    }
}

/// The rules that hold, whole.
package struct RoutingConfiguration: Sendable, Equatable {
    /// Counts from 1, the empty configuration of a new installation.
    package let version: Int
    package let rules: [RoutingRule]

    package init(version: Int, rules: [RoutingRule]) {
        self.version = version
        self.rules = rules
    }
}
