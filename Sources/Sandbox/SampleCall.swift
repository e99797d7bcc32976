import Domain

/// One call of the sample traffic.
struct SampleCall {
    enum Status: String {
        case pending, processing, completed, failed, cancelled
    }

    let offer: Offer
    let id: [UInt8]
    let createdAt: Timestamp
    let user: String
    let owner: String?
    var status = Status.completed
    /// How long it took, in milliseconds; nil while it is under way.
    var duration: Int?
    var promptTokens = 0
    var completionTokens = 0
    var quantity = 1
    var resolution: String?
    var cost: String?
    var price: PriceVersion?
    var errorKind: String?
    /// The caller's own ID, where somebody else made the call and told us.
    var externalID: String?
    var prompt: String?

    /// The columns of `write(to:)`.
    static let columns = """
        id, provider_id, owner, user_id, purpose, model, reported_model, status, created_at, completed_at, response_ms, \
        prompt_tokens, completion_tokens, cost, currency, price_id, error_kind, external_id, quantity, resolution
        """

    func write(to text: inout CopyText) {
        text.plain(id)
        text.text(offer.providerID)
        text.text(owner)
        text.text(user)
        text.text(externalID == nil ? "gateway" : "recorded")
        text.text(offer.model)
        text.text(status == .completed ? offer.model : nil)
        text.text(status.rawValue)
        text.text(createdAt.iso(.milliseconds))
        text.text(
            duration.map { Timestamp(microseconds: createdAt.microseconds + Int64($0) * 1_000).iso(.milliseconds) })
        text.text(duration.map { String($0) })
        text.number(promptTokens)
        text.number(completionTokens)
        text.text(cost)
        text.text(cost == nil ? nil : price?.currency)
        text.text(cost == nil ? nil : price.map { String($0.id) })
        text.text(errorKind)
        text.text(externalID)
        text.number(quantity)
        text.text(resolution)
        text.endRow()
    }

    /// The columns of `writePayload(to:)`.
    static let payloadColumns = "request_id, metadata, request, response, error"

    /// What was asked and answered, where it is kept. Prompts are of letters and spaces only, so they are JSON as they are.
    func writePayload(to text: inout CopyText) {
        guard let prompt else { return }
        let size = resolution.map { ",\"resolution\":\"\($0)\"" } ?? ""
        text.plain(id)
        text.text("{\"prompt\":\"\(prompt)\"\(size)}")
        text.text("{\"prompt\":\"\(prompt)\"\(size),\"n\":\(quantity)}")
        let file = "https://media.example.com/" + String(decoding: id, as: UTF8.self)
        text.text(status == .completed ? "{\"images\":[\"\(file)\"],\"metadata\":{}}" : nil)
        text.text(errorKind.map { "{\"code\":\"\($0)\",\"message\":\"The provider refused or failed\"}" })
        text.endRow()
    }
}
