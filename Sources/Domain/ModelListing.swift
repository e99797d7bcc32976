/// A model as its provider lists it, in our words where we have them.
package struct ModelListing: Sendable, Equatable {
    /// The provider's own name of it.
    package let vendorName: String
    package let displayName: String
    /// Nil where the provider does not say it in words that we know.
    package let kind: ModelKind?
    /// The price of one unit; nil where it is not published, or by a unit that we do not count.
    package let price: Price?

    /// What one unit costs.
    package struct Price: Sendable, Equatable {
        package let amount: ExactDecimalSum
        package let unit: PriceUnit
        package let currency: String

        package init(amount: ExactDecimalSum, unit: PriceUnit, currency: String) {
            self.amount = amount
            self.unit = unit
            self.currency = currency
        }
    }

    package init(vendorName: String, displayName: String, kind: ModelKind?, price: Price?) {
        self.vendorName = vendorName
        self.displayName = displayName
        self.kind = kind
        self.price = price
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
    }

    package init(model: String, change: Change, before: ModelListing.Price?, after: ModelListing.Price?) {
        self.model = model
        self.change = change
        self.before = before
        self.after = after
    }
}
