import Domain
import JSON

/// An amount of money as a provider reports it; credits are converted exactly.
package struct ReportedMoney: Sendable, Equatable {
    package let amount: ExactDecimalSum
    /// ISO 4217, `USD`.
    package let currency: String

    package init(amount: ExactDecimalSum, currency: String) {
        self.amount = amount
        self.currency = currency
    }
}

/// What is left of what was paid. Negative where a provider allows debts.
package typealias ReportedBalance = ReportedMoney

/// A model as its provider lists it.
package struct ListedModel: Sendable, Equatable {
    /// What `GenerationRequest.model` takes.
    package let id: String
    package var name: String
    /// The provider's own word, such as `text-to-image`.
    package var kind: String?
    /// The price of one `unit`.
    package var unitPrice: ExactDecimalSum?
    /// The provider's own word, such as `image` or `second`.
    package var unit: String?
    package var currency: String?
    package var contextTokens: Int?
    /// What tokens cost, in dollars; where a model has these, it has no `unitPrice`.
    package var rates: TokenRates?
}

/// What is to be made.
package struct GenerationRequest: Sendable, Equatable {
    /// The provider's own name of the model.
    package let model: String
    /// The model's input in the provider's own words. A member `model` in it is ignored.
    package let input: JSONObject

    package init(model: String, input: JSONObject) {
        self.model = model
        self.input = input
    }
}

/// A generation at a provider.
package struct GenerationJob: Sendable, Equatable {
    /// Everything that a later `poll` or `cancel` needs, as JSON text to be kept as it is.
    package let reference: String
    /// The provider's own ID.
    package let providerRequestID: String

    /// Takes what a job had when it was kept.
    package init(reference: String, providerRequestID: String) {
        self.reference = reference
        self.providerRequestID = providerRequestID
    }
}

/// How far a generation is. The last four cases are final.
package enum GenerationStatus: Sendable, Equatable {
    case queued
    /// With the progress in percent where the provider tells it.
    case running(percent: Int?)
    /// The provider's own result, whose URLs expire; what it says that it charged, where it says so.
    case succeeded(output: JSONValue, cost: ReportedMoney?)
    /// The reason is in our words.
    case failed(UpstreamFailure)
    /// The provider's content rules forbid the input or the result.
    case moderated
    case cancelled

    var isFinal: Bool {
        switch self {
        case .queued, .running: false
        case .succeeded, .failed, .moderated, .cancelled: true
        }
    }
}

/// What became of a wish to cancel.
package enum CancelOutcome: Sendable, Equatable {
    case cancelled
    /// Passed on; the job may still finish.
    case requested
    case alreadyFinished
    case notFound
    /// The provider has no such call.
    case notSupported
}

/// What became of a job that was to be cancelled.
package enum JobEnding: Sendable, Equatable {
    /// Anything but `alreadyFinished`. After `requested` and `notSupported` it runs still.
    case stopped(CancelOutcome)
    /// It had finished all the same, like this.
    case finished(GenerationStatus)
}
