/// What a model's price is charged for.
package enum PriceUnit: String, CaseIterable, Sendable {
    case generation
    case second
    case megapixel
}

/// From so many units in one call on, each of them costs this.
package struct PriceTier<Money> {
    package let name: String
    /// 1 or more.
    package let minQuantity: Int
    package let cost: Money

    package init(name: String, minQuantity: Int, cost: Money) {
        self.name = name
        self.minQuantity = minQuantity
        self.cost = cost
    }
}

extension PriceTier: Sendable where Money: Sendable {}
extension PriceTier: Equatable where Money: Equatable {}

/// What a unit of a resolution costs; it goes before tiers.
package struct ResolutionPrice<Money> {
    package let resolution: String
    package let cost: Money

    package init(resolution: String, cost: Money) {
        self.resolution = resolution
        self.cost = cost
    }
}

extension ResolutionPrice: Sendable where Money: Sendable {}
extension ResolutionPrice: Equatable where Money: Equatable {}

/// A new price version of a model. What is nil is carried over from the version before.
package struct PriceChange: Sendable, Equatable {
    /// The model's name in the catalogue.
    package let model: String
    package let perGeneration: ExactDecimal
    package let currency: Currency?
    package let credits: ExactDecimal?
    package let unit: PriceUnit?
    package let tiers: [PriceTier<ExactDecimal>]?
    package let resolutions: [ResolutionPrice<ExactDecimal>]?
    /// Where it stands in the request, for the names of fields: `pricing`.
    package let place: String

    package init(
        model: String, perGeneration: ExactDecimal, currency: Currency? = nil, credits: ExactDecimal? = nil,
        unit: PriceUnit? = nil, tiers: [PriceTier<ExactDecimal>]? = nil,
        resolutions: [ResolutionPrice<ExactDecimal>]? = nil, place: String = "pricing"
    ) {
        self.model = model
        self.perGeneration = perGeneration
        self.currency = currency
        self.credits = credits
        self.unit = unit
        self.tiers = tiers
        self.resolutions = resolutions
        self.place = place
    }
}

/// The two figures of a price version that histories show; nil is unknown.
package struct PriceFigures: Sendable, Equatable {
    package let perGeneration: ExactDecimalSum?
    package let credits: ExactDecimalSum?
    package let currency: String?

    package init(perGeneration: ExactDecimalSum?, credits: ExactDecimalSum?, currency: String?) {
        self.perGeneration = perGeneration
        self.credits = credits
        self.currency = currency
    }
}

/// A price version that was made, and the one that held before it.
package struct ChangedPrice: Sendable, Equatable {
    package let model: String
    package let priceID: Int
    /// The version that held before; nil for a model's first one.
    package let formerID: Int?
    package let effectiveFrom: Timestamp
    /// All nil for a model's first version.
    package let before: PriceFigures
    package let after: PriceFigures

    package init(
        model: String, priceID: Int, formerID: Int?, effectiveFrom: Timestamp, before: PriceFigures,
        after: PriceFigures
    ) {
        self.model = model
        self.priceID = priceID
        self.formerID = formerID
        self.effectiveFrom = effectiveFrom
        self.before = before
        self.after = after
    }
}

/// What a price version has besides its figures.
package struct PriceShape: Sendable, Equatable {
    package let unit: String
    /// The texts of JSON lists, as contract 2 shows a model's.
    package let tiers: String
    package let resolutions: String

    package init(unit: String, tiers: String, resolutions: String) {
        self.unit = unit
        self.tiers = tiers
        self.resolutions = resolutions
    }
}

/// A price version in a model's history.
package struct PriceVersion: Sendable, Equatable {
    package let id: Int
    package let before: PriceFigures
    package let after: PriceFigures
    /// Who set it; nil for the catalogue.
    package let createdBy: String?
    package let createdAt: Timestamp
    package let reason: String?

    package init(
        id: Int, before: PriceFigures, after: PriceFigures, createdBy: String?, createdAt: Timestamp, reason: String?
    ) {
        self.id = id
        self.before = before
        self.after = after
        self.createdBy = createdBy
        self.createdAt = createdAt
        self.reason = reason
    }
}
