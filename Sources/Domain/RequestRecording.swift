/// A call that somebody else made and reports to us.
package struct RequestReport: Sendable {
    /// The reporter's own ID.
    package let externalID: String
    package let model: String
    package let status: RequestStatus
    package let userID: String?
    package let createdAt: Timestamp
    /// There for a finished call, and only then.
    package let completedAt: Timestamp?
    /// Milliseconds.
    package let responseTime: Int?
    /// What it cost in the provider's currency; nil lets the price decide.
    package let cost: ExactDecimal?
    /// Units of the price.
    package let quantity: ExactDecimal
    package let resolution: String?
    package let payload: RequestPayload
    package let providerRequestID: String?
    /// SHA-256 of what was reported.
    package let fingerprint: [UInt8]

    package init(
        externalID: String, model: String, status: RequestStatus, userID: String?, createdAt: Timestamp,
        completedAt: Timestamp?, responseTime: Int?, cost: ExactDecimal?, quantity: ExactDecimal, resolution: String?,
        payload: RequestPayload, providerRequestID: String?, fingerprint: [UInt8]
    ) {
        self.externalID = externalID
        self.model = model
        self.status = status
        self.userID = userID
        self.createdAt = createdAt
        self.completedAt = completedAt
        self.responseTime = responseTime
        self.cost = cost
        self.quantity = quantity
        self.resolution = resolution
        self.payload = payload
        self.providerRequestID = providerRequestID
        self.fingerprint = fingerprint
    }
}

/// What was asked and answered, as JSON texts.
package struct RequestPayload: Sendable, Equatable {
    package let metadata: String?
    package let request: String?
    package let response: String?
    package let error: String?

    package init(metadata: String? = nil, request: String? = nil, response: String? = nil, error: String? = nil) {
        self.metadata = metadata
        self.request = request
        self.response = response
        self.error = error
    }

    package var isEmpty: Bool { self == RequestPayload() }
}

/// What recording made of one report.
package struct RecordedRequest: Sendable, Equatable {
    package let externalID: String
    package let id: ID<ProviderRequest>
    /// Whether it was there before.
    package let isKnown: Bool
    /// As it is now.
    package let status: RequestStatus
    package let cost: ExactDecimalSum?

    package init(
        externalID: String, id: ID<ProviderRequest>, isKnown: Bool, status: RequestStatus, cost: ExactDecimalSum?
    ) {
        self.externalID = externalID
        self.id = id
        self.isKnown = isKnown
        self.status = status
        self.cost = cost
    }
}

/// How a call goes on, or ends.
package struct RequestProgress: Sendable {
    package let status: RequestStatus
    /// For an end; nil is the moment at which it is written down.
    package let completedAt: Timestamp?
    /// Milliseconds.
    package let responseTime: Int?
    /// Nil lets the price decide when the call is completed or charged, and is nothing else.
    package let cost: ExactDecimal?
    /// Whether it costs what the price says though it is not completed.
    package let isCharged: Bool
    /// Of `cost`; nil is the provider's.
    package let currency: String?
    package let response: String?
    package let error: String?
    package let providerRequestID: String?

    package init(
        status: RequestStatus, completedAt: Timestamp? = nil, responseTime: Int? = nil, cost: ExactDecimal? = nil,
        isCharged: Bool = false, currency: String? = nil, response: String? = nil, error: String? = nil,
        providerRequestID: String? = nil
    ) {
        self.status = status
        self.completedAt = completedAt
        self.responseTime = responseTime
        self.cost = cost
        self.isCharged = isCharged
        self.currency = currency
        self.response = response
        self.error = error
        self.providerRequestID = providerRequestID
    }
}
