/// A model and one version of its price, as the catalogue file has it. Rates are per million tokens.
package struct CatalogueEntry: Sendable {
    package let provider: String
    package let model: String
    package let displayName: String
    package let kind: String
    package let contextTokens: Int?
    package let unsupportedParameters: [String]
    package let retiredAt: String?
    package let effectiveFrom: String
    package let currency: String
    package let input: ExactDecimal?
    package let output: ExactDecimal?
    package let cachedInput: ExactDecimal?
    package let cacheWrite: ExactDecimal?
    package let aboveTokens: Int?
    package let aboveInput: ExactDecimal?
    package let aboveOutput: ExactDecimal?
    package let perImage: ExactDecimal?
    package let source: String

    package init(
        provider: String, model: String, displayName: String, kind: String, contextTokens: Int?,
        unsupportedParameters: [String], retiredAt: String?, effectiveFrom: String, currency: String,
        input: ExactDecimal?, output: ExactDecimal?, cachedInput: ExactDecimal?, cacheWrite: ExactDecimal?,
        aboveTokens: Int?, aboveInput: ExactDecimal?, aboveOutput: ExactDecimal?, perImage: ExactDecimal?,
        source: String
    ) {
        self.provider = provider
        self.model = model
        self.displayName = displayName
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
        self.aboveTokens = aboveTokens
        self.aboveInput = aboveInput
        self.aboveOutput = aboveOutput
        self.perImage = perImage
        self.source = source
    }
}
