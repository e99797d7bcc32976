import Domain
import HTTP
import JSON
import Store

extension Request {
    /// The model in the path, as it stands there.
    func model() -> String { parameters["modelId"] ?? "" }
}

@Sendable
func listModels(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let provider = try request.provider()
    let activeOnly = try request.queryBool("activeOnly") ?? true
    let page = try request.page(of: "models")
    let now = request.receivedAt
    if let format = try request.export() {
        _ = try services.store.provider(provider)
        return try services.export(
            format, of: PricedModel.self, file: [provider.text, "models", activeOnly ? nil : "all"],
            in: .named("models")
        ) { (each) throws(Failure) in
            try services.store.eachModel(of: provider, activeOnly: activeOnly, at: now, each)
        }
    }
    let models = try services.store.models(of: provider, activeOnly: activeOnly, at: now, page)
    return .data {
        $0.field("provider", provider.text)
        $0.field("models", array: models.rows)
        $0.field("total", models.total)
    }
}

@Sendable
func showModel(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let provider = try request.provider()
    let detail = try services.store.model(request.model(), of: provider, at: request.receivedAt)
    return .data(etag: detail.model.tag(detail.state).text) { detail.members(of: provider, &$0) }
}

@Sendable
func listPrices(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let provider = try request.provider()
    let model = request.model()
    let page = try request.page(of: "prices")
    if let format = try request.export() {
        // Before the head of the answer leaves: there is such a model.
        _ = try services.store.countPrices(of: model, provider)
        return try services.export(
            format, of: PriceVersion.self, file: [provider.text, "pricing-history", model], in: .named("history")
        ) { (each) throws(Failure) in try services.store.eachPrice(of: model, provider, each) }
    }
    let history = try services.store.priceHistory(of: model, provider, page)
    return .data {
        $0.field("modelId", model)
        $0.field("history", array: history.rows)
        $0.field("total", history.total)
    }
}

/// Sets a new price, from now or a later moment on. What the body leaves out is carried over.
@Sendable
func updatePrice(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let provider = try request.provider()
    let model = request.model()
    let body = try UpdatePriceBody(request, model: model)
    let versions = try EntityTag.versions(ifMatch: request.header("if-match"))
    let by = try request.authenticated().subject
    _ = try services.store.provider(provider)
    return try services.change(request, "price.update") { (transaction, entry) throws(Failure) in
        guard try !transaction.lockModels([model], of: provider).isEmpty else { throw .notFound("Model") }
        // Once the model is locked, so that versions follow one another in time as well.
        let now = Timestamp.now()
        let state = try transaction.model(model, of: provider, at: now).state
        if let versions, !versions.contains(state.newest) { throw .preconditionFailed }
        let decision = PriceDecision(by: by, reason: body.reason, effectiveFrom: body.effectiveFrom)
        let changed = try transaction.setPrices([body.change], of: provider, decision, at: now)
        try entry.describe(changed, body.reason, provider, transaction)
        entry.subject = model
        // The tag that a GET gives next: one microsecond may have been added to now, but later is later.
        let shown = body.effectiveFrom == nil ? max(now, changed.first?.effectiveFrom ?? now) : now
        let after = try transaction.model(model, of: provider, at: shown)
        return .data(etag: after.model.tag(after.state).text) { json in
            for one in changed { one.members(&json) }
            json.field("updatedAt", now.iso(.seconds))
            json.field("updatedBy", by)
        }
    }
}

/// Sets the prices of many models, all or none.
@Sendable
func updatePrices(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let provider = try request.provider()
    let body = try BulkPriceBody(request)
    let by = try request.authenticated().subject
    _ = try services.store.provider(provider)
    return try services.change(request, "price.bulk-update") { (transaction, entry) throws(Failure) in
        let known = try transaction.lockModels(body.changes.map(\.model), of: provider)
        if known.count < body.changes.count {
            throw .invalid(
                body.changes.enumerated().filter { !known.contains($0.element.model) }.prefix(20).map {
                    FieldProblem("updates[\($0.offset)].modelId", "is not a model of this provider")
                })
        }
        let now = Timestamp.now()
        let decision = PriceDecision(by: by, reason: body.reason, effectiveFrom: body.effectiveFrom)
        let changed = try transaction.setPrices(body.changes, of: provider, decision, at: now)
        try entry.describe(changed, body.reason, provider, transaction)
        return .data {
            $0.field("provider", provider.text)
            $0.field("updated", changed.count)
            $0.field("models", array: changed)
            $0.field("updatedAt", now.iso(.seconds))
            $0.field("updatedBy", by)
        }
    }
}

extension AuditEntry {
    /// Old and new in full: tiers and resolutions too, which the history does not show.
    fileprivate mutating func describe(
        _ changed: [ChangedPrice], _ reason: String?, _ slug: ProviderSlug, _ transaction: Transaction
    ) throws(Failure) {
        let shapes = try transaction.shapes(of: changed.map(\.priceID) + changed.compactMap(\.formerID))
        provider = slug.text
        details = JSONWriter.text {
            $0.field("reason", reason)
            $0.key("prices")
            $0.array(changed) { $1.audit(shapes, &$0) }
        }
    }
}
