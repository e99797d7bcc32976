import Domain

/// A model that sample traffic calls, with the prices that it has and had.
package struct Offer: Sendable {
    package let providerID: String
    package let slug: String
    /// Priced by generations; otherwise by tokens.
    package let isMedia: Bool
    package let model: String
    /// `chat`, `image`, `video` or `audio`.
    package let kind: String
    /// The oldest first.
    package let versions: [PriceVersion]

    package init(
        providerID: String, slug: String, isMedia: Bool, model: String, kind: String, versions: [PriceVersion]
    ) {
        self.providerID = providerID
        self.slug = slug
        self.isMedia = isMedia
        self.model = model
        self.kind = kind
        self.versions = versions
    }

    /// The version that holds at a moment.
    func price(at moment: Timestamp) -> PriceVersion? { versions.last { $0.effectiveFrom <= moment } }
}

/// One version of a price.
package struct PriceVersion: Sendable {
    package let id: Int
    package let effectiveFrom: Timestamp
    package let currency: String
    /// For a million tokens.
    package let input: Rate?
    package let output: Rate?
    /// What generations cost in the sizes that sample traffic asks for.
    package let units: [UnitPrice]

    package init(
        id: Int, effectiveFrom: Timestamp, currency: String, input: Rate?, output: Rate?, units: [UnitPrice]
    ) {
        self.id = id
        self.effectiveFrom = effectiveFrom
        self.currency = currency
        self.input = input
        self.output = output
        self.units = units
    }
}

/// What each of `quantity` units of a resolution costs.
package struct UnitPrice: Sendable {
    package let quantity: Int
    package let resolution: String?
    package let rate: Rate

    package init(quantity: Int, resolution: String?, rate: Rate) {
        self.quantity = quantity
        self.resolution = resolution
        self.rate = rate
    }
}
