/// How far a call to a provider is.
package enum RequestStatus: String, CaseIterable, Sendable {
    case pending
    case processing
    case completed
    case failed
    case cancelled

    /// Nothing changes any more.
    package var isFinished: Bool { self != .pending && self != .processing }
}

/// One call to a provider, as lists show it.
package struct RequestRecord: Sendable {
    package let id: ID<ProviderRequest>
    /// The ID under which it was reported to us; nil for our own calls.
    package let externalID: String?
    package let provider: String
    package let model: String
    package let status: RequestStatus
    package let userID: String?
    package let createdAt: Timestamp
    package let completedAt: Timestamp?
    /// Milliseconds.
    package let responseTime: Int?
    /// In the provider's currency, unless it was priced in another one; nil when it is not known.
    package let cost: ExactDecimalSum?
    /// JSON text; nil when there is none, or none any more.
    package let metadata: String?

    package init(
        id: ID<ProviderRequest>, externalID: String?, provider: String, model: String, status: RequestStatus,
        userID: String?, createdAt: Timestamp, completedAt: Timestamp?, responseTime: Int?, cost: ExactDecimalSum?,
        metadata: String?
    ) {
        self.id = id
        self.externalID = externalID
        self.provider = provider
        self.model = model
        self.status = status
        self.userID = userID
        self.createdAt = createdAt
        self.completedAt = completedAt
        self.responseTime = responseTime
        self.cost = cost
        self.metadata = metadata
    }

    /// What callers know it by: their own ID, or ours.
    package var name: String { externalID ?? "req_" + id.text }
}

/// A call with what was asked and answered.
package struct RequestDetail: Sendable {
    package let record: RequestRecord
    /// JSON texts; nil where there is none, or none any more.
    package let request: String?
    package let response: String?
    package let error: String?
    /// The provider's ID of an asynchronous call, and its own name of the model.
    package let providerRequestID: String?
    package let vendorModel: String

    package init(
        record: RequestRecord, request: String?, response: String?, error: String?, providerRequestID: String?,
        vendorModel: String
    ) {
        self.record = record
        self.request = request
        self.response = response
        self.error = error
        self.providerRequestID = providerRequestID
        self.vendorModel = vendorModel
    }
}

/// Which calls are wanted; nil does not filter.
package struct RequestFilter: Sendable {
    package let status: RequestStatus?
    package let model: String?
    package let userID: String?
    package let span: TimeSpan

    package init(status: RequestStatus? = nil, model: String? = nil, userID: String? = nil, span: TimeSpan = .always) {
        self.status = status
        self.model = model
        self.userID = userID
        self.span = span
    }
}
