/// A model of the catalogue with its price of now.
package struct OfferedModel: Sendable {
    /// The name on the wire.
    package let name: String
    package let provider: String
    package let displayName: String
    /// What it makes: `chat`, `image` and so on.
    package let capability: String
    package let version: String
    package let contextTokens: Int?
    /// Switched on here and not retired by its provider.
    package let isAvailable: Bool
    /// Whether it is the one that is called when nobody names one.
    package let isDefault: Bool
    package let retiredAt: Timestamp?
    /// When the provider itself last listed it.
    package let listedAt: Timestamp?
    /// Nil when no price is known.
    package let price: OfferedPrice?

    package init(
        name: String, provider: String, displayName: String, capability: String, version: String, contextTokens: Int?,
        isAvailable: Bool, isDefault: Bool, retiredAt: Timestamp?, listedAt: Timestamp?, price: OfferedPrice?
    ) {
        self.name = name
        self.provider = provider
        self.displayName = displayName
        self.capability = capability
        self.version = version
        self.contextTokens = contextTokens
        self.isAvailable = isAvailable
        self.isDefault = isDefault
        self.retiredAt = retiredAt
        self.listedAt = listedAt
        self.price = price
    }
}

/// A price as it is shown: exact decimals; nil is unknown, which is not free.
package struct OfferedPrice: Sendable {
    package let currency: String
    /// Per million tokens.
    package let input: ExactDecimalSum?
    package let output: ExactDecimalSum?
    package let cachedInput: ExactDecimalSum?
    /// For one `unit`.
    package let perGeneration: ExactDecimalSum?
    package let unit: String
    package let effectiveFrom: Timestamp
    package let source: String

    package init(
        currency: String, input: ExactDecimalSum?, output: ExactDecimalSum?, cachedInput: ExactDecimalSum?,
        perGeneration: ExactDecimalSum?, unit: String, effectiveFrom: Timestamp, source: String
    ) {
        self.currency = currency
        self.input = input
        self.output = output
        self.cachedInput = cachedInput
        self.perGeneration = perGeneration
        self.unit = unit
        self.effectiveFrom = effectiveFrom
        self.source = source
    }
}

/// Which models a list is about; nil does not filter.
package struct ModelFilter: Sendable {
    package let provider: ProviderSlug?
    package let capability: String?
    /// A part of the name, in any case.
    package let text: String?
    package let isAvailable: Bool?

    package init(provider: ProviderSlug?, capability: String?, text: String?, isAvailable: Bool?) {
        self.provider = provider
        self.capability = capability
        self.text = text
        self.isAvailable = isAvailable
    }
}
