import Domain
import HTTP
import JSON

extension PricedModel: ListRow {
    static let columns = [
        "modelId", "modelName", "modelVersion", "pricing.costPerGeneration", "pricing.currency",
        "pricing.creditsPerGeneration", "isActive", "lastUpdated",
    ]

    package func write(to json: inout JSONWriter) {
        json.object {
            $0.field("modelId", name)
            $0.field("modelName", displayName)
            $0.field("modelVersion", version)
            $0.field("pricing") {
                $0.field("costPerGeneration", number: price.perGeneration?.text)
                $0.field("currency", price.currency)
                $0.field("creditsPerGeneration", number: price.credits?.text)
            }
            $0.field("isActive", isActive)
            $0.field("lastUpdated", lastUpdated.iso(.seconds))
        }
    }

    func write(to csv: inout CSVWriter) {
        csv.text(name)
        csv.text(displayName)
        csv.text(version)
        csv.number(price.perGeneration?.text)
        csv.text(price.currency)
        csv.number(price.credits?.text)
        csv.bool(isActive)
        csv.text(lastUpdated.iso(.seconds))
    }

    /// The price version that was made last, and what else the representation depends on. It names the last one even
    /// where that holds later only, so that of two who set a price for a later moment only one succeeds.
    func tag(_ state: PriceState) -> EntityTag {
        EntityTag(
            version: state.newest,
            rest: "\(state.held ?? 0).\(lastUpdated.microseconds)\(isActive ? "" : "x")")
    }
}

extension ModelDetail {
    func members(of provider: ProviderSlug, _ json: inout JSONWriter) {
        json.field("provider", provider.text)
        json.field("modelId", model.name)
        json.field("modelName", model.displayName)
        json.field("modelVersion", model.version)
        json.field("pricing") {
            $0.field("costPerGeneration", number: model.price.perGeneration?.text)
            $0.field("currency", model.price.currency)
            $0.field("tieredPricing", array: tiers)
            $0.field("resolutionBased", array: resolutions)
        }
        json.field("creditsPerGeneration", number: model.price.credits?.text)
        json.field("isActive", model.isActive)
        json.field("lastUpdated", model.lastUpdated.iso(.seconds))
    }
}

extension PriceTier<ExactDecimalSum>: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.field("tier", name)
            $0.field("minQuantity", minQuantity)
            $0.field("costPerGeneration", number: cost.text)
        }
    }
}

extension ResolutionPrice<ExactDecimalSum>: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.field("resolution", resolution)
            $0.field("costPerGeneration", number: cost.text)
        }
    }
}

extension PriceFigures: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.field("costPerGeneration", number: perGeneration?.text)
            $0.field("creditsPerGeneration", number: credits?.text)
        }
    }

    func write(to csv: inout CSVWriter) {
        csv.number(perGeneration?.text)
        csv.number(credits?.text)
    }
}

extension ChangedPrice: JSONWritable {
    package func write(to json: inout JSONWriter) { json.object { members(&$0) } }

    func members(_ json: inout JSONWriter) {
        json.field("modelId", model)
        json.field("oldPricing", before)
        json.field("newPricing", after)
    }

    /// For the audit log: more than the answer has.
    func audit(_ shapes: [Int: PriceShape], _ json: inout JSONWriter) {
        json.object {
            $0.field("modelId", model)
            $0.field("before") { before.audit(formerID.flatMap { shapes[$0] }, &$0) }
            $0.field("after") { after.audit(shapes[priceID], &$0) }
            $0.field("price", priceID)
            $0.field("effectiveFrom", effectiveFrom.iso(.microseconds))
        }
    }
}

extension PriceFigures {
    fileprivate func audit(_ shape: PriceShape?, _ json: inout JSONWriter) {
        json.field("costPerGeneration", number: perGeneration?.text)
        json.field("currency", currency)
        json.field("creditsPerGeneration", number: credits?.text)
        guard let shape else { return }
        json.field("unit", shape.unit)
        json.key("tieredPricing")
        json.raw(shape.tiers)
        json.key("resolutionBased")
        json.raw(shape.resolutions)
    }
}

extension PriceVersion: ListRow {
    static let columns = [
        "id", "oldPricing.costPerGeneration", "oldPricing.creditsPerGeneration", "newPricing.costPerGeneration",
        "newPricing.creditsPerGeneration", "updatedBy", "updatedAt", "reason",
    ]

    private var updatedBy: String { createdBy ?? "catalogue" }

    package func write(to json: inout JSONWriter) {
        json.object {
            $0.field("id", "ph_\(id)")
            $0.field("oldPricing", before)
            $0.field("newPricing", after)
            $0.field("updatedBy", updatedBy)
            $0.field("updatedAt", createdAt.iso(.seconds))
            $0.field("reason", reason)
        }
    }

    func write(to csv: inout CSVWriter) {
        csv.text("ph_\(id)")
        before.write(to: &csv)
        after.write(to: &csv)
        csv.text(updatedBy)
        csv.text(createdAt.iso(.seconds))
        csv.text(reason)
    }
}
