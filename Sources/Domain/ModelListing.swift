/// A model as its provider lists it, in our words where we have them.
package struct ModelListing: Sendable, Equatable {
    /// The provider's own name of it.
    package let vendorName: String
    package let displayName: String
    /// Nil where the provider does not say it in words that we know.
    package let kind: ModelKind?
    package let contextTokens: Int?
    /// Nil where it is not published, varies from call to call, or is for something that we do not count.
    package let price: Price?

    /// What a model costs, by what its provider counts.
    package enum Price: Sendable, Equatable {
        /// Of one unit.
        case units(amount: ExactDecimalSum, of: PriceUnit, currency: String)
        case tokens(TokenRates, currency: String)
    }

    package init(
        vendorName: String, displayName: String, kind: ModelKind?, contextTokens: Int? = nil, price: Price?
    ) {
        self.vendorName = vendorName
        self.displayName = displayName
        self.kind = kind
        self.contextTokens = contextTokens
        self.price = price
    }
}

/// What 1,000,000 tokens cost.
package struct TokenRates: Sendable, Equatable {
    package let input: Amount
    package let output: Amount
    /// Nil where such tokens cost what others do.
    package let cachedInput: Amount?
    package let cacheWrite: Amount?
    package let longContext: LongContextPrice?

    package init(
        input: Amount, output: Amount, cachedInput: Amount? = nil, cacheWrite: Amount? = nil,
        longContext: LongContextPrice? = nil
    ) {
        self.input = input
        self.output = output
        self.cachedInput = cachedInput
        self.cacheWrite = cacheWrite
        self.longContext = longContext
    }
}

/// In what a provider's list differs from the catalogue, for one model.
package struct ListingDifference: Sendable, Equatable {
    /// Our name of the model.
    package let model: String
    package let change: Change
    /// What the catalogue has.
    package let before: ModelListing.Price?
    /// What the provider publishes.
    package let after: ModelListing.Price?

    /// What is done about it.
    package enum Change: String, Sendable {
        /// The catalogue does not have the model; it is added, switched off.
        case added
        /// The model has another price, which becomes a version of its own.
        case priced
        /// Somebody set the price by hand; it stays.
        case keptByHand = "kept_by_hand"
        /// The price depends on quantity or resolution, which one number cannot replace; it stays.
        case keptTiered = "kept_tiered"
        /// Nobody knows what the model makes; it is not added.
        case unclassified
        /// The provider listed it before and does so no longer: it is retired from now on.
        case vanished
        /// The provider lists it again: it is no longer retired.
        case returned
    }

    package init(model: String, change: Change, before: ModelListing.Price?, after: ModelListing.Price?) {
        self.model = model
        self.change = change
        self.before = before
        self.after = after
    }
}

/// How much shorter a provider's list has become.
package struct ListingLoss: Sendable, Equatable {
    /// Models of its list before.
    package let known: Int
    /// Those of them that are not on the new one.
    package let lost: Int

    package init(known: Int, lost: Int) {
        self.known = known
        self.lost = lost
    }

    /// Whether a provider can have withdrawn so many at once. A list that has lost more than half is taken for one that
    /// broke off; a few may go from a short one.
    package var isPlausible: Bool { lost <= 10 || lost <= known / 2 }
}
