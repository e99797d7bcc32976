import Domain
import HTTP
import JSON
import Store

/// What a call would cost, and why. Nothing is charged and nothing is stored.
@Sendable
func explainPrice(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let provider = try request.provider()
    let call = try PlannedCall(request)
    let explanation = try services.store.explain(call, model: request.model(), of: provider)
    return .data {
        $0.field("provider", provider.text)
        $0.field("modelId", request.model())
        $0.field("at", call.at.iso(.seconds))
        $0.field("quantity", number: call.quantity.text)
        $0.field("resolution", call.resolution)
        explanation.members(call, &$0)
    }
}

extension PlannedCall {
    fileprivate init(_ request: Request) throws(Failure) {
        let prompt = try request.queryNumber("promptTokens", in: 0...999_999_999_999) ?? 0
        let cached = try request.queryNumber("cachedTokens", in: 0...999_999_999_999) ?? 0
        guard cached <= prompt else { throw .invalid("cachedTokens", "must not be more than promptTokens") }
        let written = try request.queryNumber("cacheWriteTokens", in: 0...999_999_999_999) ?? 0
        guard written <= prompt - cached else {
            throw .invalid("cacheWriteTokens", "must not be more than the promptTokens that are not cached")
        }
        let completion = try request.queryNumber("completionTokens", in: 0...999_999_999_999) ?? 0
        var at = request.receivedAt
        if let text = request.query["at"] {
            guard let date = ISODate(text) else {
                throw .invalid("at", "must be a time such as 2025-11-26T17:00:00Z, or a day, which begins in UTC")
            }
            at = date.beginning
        }
        self.init(
            quantity: try request.quantity(besideTokens: prompt > 0 || completion > 0),
            resolution: try request.queryText("resolution", length: 1...50), promptTokens: prompt, cachedTokens: cached,
            cacheWriteTokens: written, completionTokens: completion, at: at)
    }
}

extension Request {
    /// Seconds and megapixels need not be whole. A call that uses tokens is a chat, which makes no unit, unless it is
    /// said that it makes some; any other makes at least a part of one.
    fileprivate func quantity(besideTokens usesTokens: Bool) throws(Failure) -> ExactDecimal {
        let text = query["quantity"] ?? (usesTokens ? "0" : "1")
        guard let quantity = ExactDecimal(text), quantity.isWithin(0...1_000_000_000),
            usesTokens || quantity.text != "0"
        else {
            let least = usesTokens ? "from 0" : "above 0 and"
            throw .invalid("quantity", "must be a number \(least) at most 1000000000, with at most 10 decimals")
        }
        return quantity
    }
}

extension PriceExplanation {
    fileprivate func members(_ call: PlannedCall, _ json: inout JSONWriter) {
        json.key("price")
        if let version {
            json.object {
                $0.field("id", "ph_\(version.id)")
                $0.field("effectiveFrom", version.effectiveFrom.iso(.seconds))
                $0.field("currency", version.currency)
                $0.field("unit", version.unit)
                $0.field("rate", rateSource?.rawValue)
                $0.field("tier", rateSource == .tier ? tier : nil)
            }
        } else {
            json.null()
        }
        json.field("meters", array: meters)
        json.field("credits", number: credits?.text)
        json.field("total", number: total?.text)
        json.field("currency", version?.currency)
        json.field("reason", reason(call))
    }

    /// Why it costs this, or why that is unknown.
    private func reason(_ call: PlannedCall) -> String {
        guard let version else { return "The model has no price at this time" }
        if let unknown = meters.first(where: { $0.amount == nil }) {
            return "The price version has no rate for \(unknown.name)"
        }
        guard call.quantity.text != "0" else { return "Tokens are charged" }
        guard meters.contains(where: { $0.name == version.unit + "s" }) else {
            return "Tokens are charged; the price version has no rate for \(version.unit)s"
        }
        switch rateSource {
        case .resolution: return "The price of the resolution \(call.resolution ?? "") counts"
        case .tier:
            let other = call.resolution.map { "the resolution \($0) has no price of its own; " } ?? ""
            return "\(other)the price of the tier \(tier ?? "") counts".firstLetterUppercased
        case .plain, nil:
            let other = call.resolution.map { "the resolution \($0) has no price of its own; " } ?? ""
            return "\(other)the plain price counts".firstLetterUppercased
        }
    }
}

extension String {
    fileprivate var firstLetterUppercased: String { prefix(1).uppercased() + dropFirst() }
}

extension PriceExplanation.Meter: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.field("meter", name)
            $0.field("quantity", number: quantity.text)
            $0.field("rate", number: rate?.text)
            $0.field("per", per)
            $0.field("amount", number: amount?.text)
        }
    }
}
