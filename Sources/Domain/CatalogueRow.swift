/// One version of one model's price, a line of `sql/catalogue/models.tsv`; its README explains the columns.
/// Prices of tokens are per 1,000,000; nil is unknown, which is not free.
package struct CatalogueRow: Sendable, Equatable {
    package let provider: String
    package let model: String
    package let displayName: String
    package let version: String
    /// The provider's own name, where ours differs.
    package let vendorName: String?
    package let kind: ModelKind
    package let contextTokens: Int?
    package let unsupportedParameters: [ChatParameter]
    package let retiredAt: CatalogueDay?
    package let effectiveFrom: CatalogueDay
    package let currency: String
    package let input: Amount?
    package let output: Amount?
    package let cachedInput: Amount?
    package let cacheWrite: Amount?
    package let longContext: LongContextPrice?
    package let perGeneration: Amount?
    package let unit: PriceUnit
    package let credits: Amount?
    package let tiers: [PriceTier<Amount>]
    package let resolutions: [ResolutionPrice<Amount>]
    package let source: String

    package init(
        provider: String, model: String, displayName: String, kind: ModelKind, contextTokens: Int?,
        unsupportedParameters: [ChatParameter], retiredAt: CatalogueDay?, effectiveFrom: CatalogueDay, currency: String,
        input: Amount?, output: Amount?, cachedInput: Amount?, cacheWrite: Amount?, longContext: LongContextPrice?,
        perGeneration: Amount?, source: String, version: String = "1.0", vendorName: String? = nil,
        unit: PriceUnit = .generation, credits: Amount? = nil, tiers: [PriceTier<Amount>] = [],
        resolutions: [ResolutionPrice<Amount>] = []
    ) {
        self.provider = provider
        self.model = model
        self.displayName = displayName
        self.version = version
        self.vendorName = vendorName
        self.kind = kind
        self.contextTokens = contextTokens
        self.unsupportedParameters = unsupportedParameters
        self.retiredAt = retiredAt
        self.effectiveFrom = effectiveFrom
        self.currency = currency
        self.input = input
        self.output = output
        self.cachedInput = cachedInput
        self.cacheWrite = cacheWrite
        self.longContext = longContext
        self.perGeneration = perGeneration
        self.unit = unit
        self.credits = credits
        self.tiers = tiers
        self.resolutions = resolutions
        self.source = source
    }
}

/// What a call costs whose prompt is longer than `aboveTokens`.
package struct LongContextPrice: Sendable, Equatable {
    package let aboveTokens: Int
    package let input: Amount
    package let output: Amount

    package init(aboveTokens: Int, input: Amount, output: Amount) {
        self.aboveTokens = aboveTokens
        self.input = input
        self.output = output
    }
}

/// A setting that a model may refuse, with our name for it.
package enum ChatParameter: String, CaseIterable, Sendable {
    case temperature, topP, frequencyPenalty, presencePenalty, maxTokens
}
