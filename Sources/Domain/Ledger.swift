/// What an entry of the credit ledger is.
package enum CreditType: String, CaseIterable, Sendable {
    case purchase
    /// What a call cost; only the poster writes it.
    case consumption
    case refund
    case adjustment
}

/// Credits that somebody adds.
package struct CreditAddition: Sendable {
    package let type: CreditType
    /// Not zero; positive unless the type is `adjustment`.
    package let amount: ExactDecimal
    package let description: String
    /// The text of a JSON object.
    package let metadata: String
    /// The subject of a token.
    package let createdBy: String

    package init(
        type: CreditType, amount: ExactDecimal, description: String, metadata: String, createdBy: String
    ) {
        self.type = type
        self.amount = amount
        self.description = description
        self.metadata = metadata
        self.createdBy = createdBy
    }
}
