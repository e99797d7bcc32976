/// A model with the price that holds.
package struct PricedModel: Sendable, Equatable {
    package let name: String
    package let displayName: String
    package let version: String
    /// The version that holds; `currency` is the provider's when there is none.
    package let price: PriceFigures
    /// Whether it is offered: switched on here, and not retired by its provider.
    package let isActive: Bool
    /// When the model, or the price that holds, last became what it is.
    package let lastUpdated: Timestamp

    package init(
        name: String, displayName: String, version: String, price: PriceFigures, isActive: Bool,
        lastUpdated: Timestamp
    ) {
        self.name = name
        self.displayName = displayName
        self.version = version
        self.price = price
        self.isActive = isActive
        self.lastUpdated = lastUpdated
    }
}

/// Which price versions a model has.
package struct PriceState: Sendable, Equatable {
    /// The ID of the version that holds; nil when none does.
    package let held: Int?
    /// The ID of the one that was made last, which may hold from a later moment on; 0 when there is none.
    package let newest: Int

    package init(held: Int?, newest: Int) {
        self.held = held
        self.newest = newest
    }
}

/// A model with everything that its price that holds depends on.
package struct ModelDetail: Sendable, Equatable {
    package let model: PricedModel
    package let state: PriceState
    /// The smallest quantity first.
    package let tiers: [PriceTier<ExactDecimalSum>]
    /// The cheapest first.
    package let resolutions: [ResolutionPrice<ExactDecimalSum>]

    package init(
        model: PricedModel, state: PriceState, tiers: [PriceTier<ExactDecimalSum>],
        resolutions: [ResolutionPrice<ExactDecimalSum>]
    ) {
        self.model = model
        self.state = state
        self.tiers = tiers
        self.resolutions = resolutions
    }
}
