/// A call whose cost is asked for before it is made.
package struct PlannedCall: Sendable, Equatable {
    /// Units of the price: generations, seconds or megapixels. Above 0, or 0 for a call that uses tokens only.
    package let quantity: ExactDecimal
    package let resolution: String?
    package let promptTokens: Int
    /// Among the prompt tokens.
    package let cachedTokens: Int
    /// Newly put into the provider's cache; among the prompt tokens that are not cached.
    package let cacheWriteTokens: Int
    package let completionTokens: Int
    /// When it begins: the price version of that moment counts.
    package let at: Timestamp

    package init(
        quantity: ExactDecimal, resolution: String?, promptTokens: Int, cachedTokens: Int, cacheWriteTokens: Int,
        completionTokens: Int, at: Timestamp
    ) {
        self.quantity = quantity
        self.resolution = resolution
        self.promptTokens = promptTokens
        self.cachedTokens = cachedTokens
        self.cacheWriteTokens = cacheWriteTokens
        self.completionTokens = completionTokens
        self.at = at
    }
}

/// What a call would cost, and why.
package struct PriceExplanation: Sendable, Equatable {
    /// The price version that counts.
    package struct Version: Sendable, Equatable {
        package let id: Int
        package let effectiveFrom: Timestamp
        package let currency: String
        package let unit: String

        package init(id: Int, effectiveFrom: Timestamp, currency: String, unit: String) {
            self.id = id
            self.effectiveFrom = effectiveFrom
            self.currency = currency
            self.unit = unit
        }
    }

    /// Where the rate of a unit was found.
    package enum RateSource: String, Sendable {
        case resolution
        case tier
        case plain
    }

    /// One thing that is counted, and what it costs.
    package struct Meter: Sendable, Equatable {
        /// `generations`, `seconds`, `megapixels`, `promptTokens`, `cachedTokens`, `cacheWriteTokens`,
        /// `completionTokens`.
        package let name: String
        package let quantity: ExactDecimalSum
        /// Nil when it is unknown.
        package let rate: ExactDecimalSum?
        /// Of how many the rate is the price: 1, or 1,000,000 tokens.
        package let per: Int
        package let amount: ExactDecimalSum?

        package init(
            name: String, quantity: ExactDecimalSum, rate: ExactDecimalSum?, per: Int, amount: ExactDecimalSum?
        ) {
            self.name = name
            self.quantity = quantity
            self.rate = rate
            self.per = per
            self.amount = amount
        }
    }

    /// Nil when the model had no price at that moment.
    package let version: Version?
    /// Nil when a unit has no rate, or the call makes none.
    package let rateSource: RateSource?
    /// The tier that was chosen.
    package let tier: String?
    package let meters: [Meter]
    package let credits: ExactDecimalSum?
    /// Nil when something that the call uses has no known rate.
    package let total: ExactDecimalSum?

    package init(
        version: Version?, rateSource: RateSource?, tier: String?, meters: [Meter], credits: ExactDecimalSum?,
        total: ExactDecimalSum?
    ) {
        self.version = version
        self.rateSource = rateSource
        self.tier = tier
        self.meters = meters
        self.credits = credits
        self.total = total
    }
}
