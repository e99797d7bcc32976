import Domain
import HTTP
import JSON
import Providers

/// `PUT …/providers/:provider/models/:modelId/pricing`
struct UpdatePriceBody {
    let change: PriceChange
    let effectiveFrom: Timestamp?
    let reason: String?

    init(_ request: Request, model: String) throws(Failure) {
        var fields = try request.fields()
        change = try PriceChange(&fields, model: model)
        (effectiveFrom, reason) = try fields.decision(at: request.receivedAt)
        try fields.finish()
    }
}

/// `POST …/providers/:provider/models/bulk-pricing-update`
struct BulkPriceBody {
    let changes: [PriceChange]
    let effectiveFrom: Timestamp?
    let reason: String?

    init(_ request: Request) throws(Failure) {
        var fields = try request.fields()
        let updates = try fields.required("updates", fields.objects("updates", atMost: 500))
        guard !updates.isEmpty else { throw .invalid("updates", "must not be empty") }
        var changes: [PriceChange] = []
        var names: Set<String> = []
        for var update in updates {
            let field = update.path("modelId")
            let name = try update.required("modelId", update.string("modelId", length: 1...200))
            let model = try ModelName(name, field: field).text
            guard names.insert(model).inserted else { throw .invalid(field, "stands twice") }
            changes.append(try PriceChange(&update, model: model))
            try update.finish()
        }
        (effectiveFrom, reason) = try fields.decision(at: request.receivedAt)
        try fields.finish()
        self.changes = changes
    }
}

extension Fields {
    /// From when on, and why.
    fileprivate mutating func decision(at now: Timestamp) throws(Failure) -> (Timestamp?, String?) {
        let reason = try string("reason", length: 1...1_000)
        guard let text = try string("effectiveFrom", length: 1...64) else { return (nil, reason) }
        guard let date = ISODate(text) else {
            throw .invalid(
                "effectiveFrom", "must be a time such as 2026-01-01T00:00:00Z, or a day, which begins in UTC")
        }
        let moment = date.beginning
        guard moment >= now else { throw .invalid("effectiveFrom", "must not be in the past") }
        guard moment.microseconds - now.microseconds <= Self.yearMicroseconds else {
            throw .invalid("effectiveFrom", "must not be more than a year ahead")
        }
        return (moment, reason)
    }

    /// The longest year.
    private static var yearMicroseconds: Int64 { 366 * 86_400 * 1_000_000 }
}

extension ISODate {
    /// The first moment of it; a day is one in UTC.
    var beginning: Timestamp {
        switch self {
        case .moment(let moment, _): return moment
        case .day(let year, let month, let day):
            return Timestamp(seconds: Int64(CivilTime.days(year: year, month: month, day: day) ?? 0) * 86_400)
        }
    }
}

extension PriceChange {
    /// `pricing`, and `creditsPerGeneration` inside it or beside it.
    fileprivate init(_ fields: inout Fields, model: String) throws(Failure) {
        let path = fields.path("pricing")
        var pricing = Fields(try fields.required("pricing", fields.object("pricing")), in: path)
        let cost = try pricing.required("costPerGeneration", pricing.price("costPerGeneration"))
        var currency: Currency?
        if let code = try pricing.string("currency") {
            currency = Currency(code)
            if currency == nil {
                throw .invalid(pricing.path("currency"), "must be a currency of ISO 4217, such as USD")
            }
        }
        let inside = try pricing.price("creditsPerGeneration")
        let unit: PriceUnit? = try pricing.choice("unit")
        let tiers = try pricing.tiers()
        let resolutions = try pricing.resolutions()
        try pricing.finish()
        let beside = try fields.price("creditsPerGeneration")
        if let inside, let beside, inside != beside {
            throw .invalid(fields.path("creditsPerGeneration"), "differs from the one inside pricing")
        }
        self.init(
            model: model, perGeneration: cost, currency: currency, credits: inside ?? beside, unit: unit, tiers: tiers,
            resolutions: resolutions, place: path)
    }
}

extension Fields {
    /// `tieredPricing`, in any order. Each quantity once.
    fileprivate mutating func tiers() throws(Failure) -> [PriceTier<ExactDecimal>]? {
        guard let elements = try objects("tieredPricing", atMost: 50) else { return nil }
        var tiers: [PriceTier<ExactDecimal>] = []
        for var element in elements {
            let name = try element.required("tier", element.string("tier", length: 1...50))
            let quantity = try element.required("minQuantity", element.int("minQuantity", in: 1...1_000_000_000))
            let cost = try element.required("costPerGeneration", element.price("costPerGeneration"))
            try element.finish()
            guard !tiers.contains(where: { $0.minQuantity == quantity }) else {
                throw .invalid(element.path("minQuantity"), "stands twice")
            }
            tiers.append(PriceTier(name: name, minQuantity: quantity, cost: cost))
        }
        return tiers
    }

    /// `resolutionBased`. Each resolution once.
    fileprivate mutating func resolutions() throws(Failure) -> [ResolutionPrice<ExactDecimal>]? {
        guard let elements = try objects("resolutionBased", atMost: 100) else { return nil }
        var prices: [ResolutionPrice<ExactDecimal>] = []
        for var element in elements {
            let name = try element.required("resolution", element.string("resolution", length: 1...50))
            let cost = try element.required("costPerGeneration", element.price("costPerGeneration"))
            try element.finish()
            // By octets, as the database compares.
            guard !prices.contains(where: { $0.resolution.utf8.elementsEqual(name.utf8) }) else {
                throw .invalid(element.path("resolution"), "stands twice")
            }
            prices.append(ResolutionPrice(resolution: name, cost: cost))
        }
        return prices
    }
}
