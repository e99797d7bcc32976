import Domain
import HTTP
import JSON
import Store

/// Which models a list shows.
private enum Availability: String, CaseIterable {
    /// Those that are offered, which is the default.
    case offered = "true"
    case notOffered = "false"
    case all

    var isAvailable: Bool? {
        switch self {
        case .offered: true
        case .notOffered: false
        case .all: nil
        }
    }
}

extension Request {
    fileprivate func modelFilter(_ provider: ProviderSlug?) throws(Failure) -> ModelFilter {
        ModelFilter(
            provider: provider, capability: try queryChoice("capability", Capability.self)?.rawValue,
            text: try queryText("q"), isAvailable: (try queryChoice("available") ?? Availability.offered).isAvailable)
    }
}

/// The models of all providers that are switched on, or of one, with their prices of now.
@Sendable
func listAllModels(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let page = try request.page(of: "models")
    var provider: ProviderSlug?
    if let name = request.query["provider"] {
        let known = try services.store.providers().map(\.slug)
        guard known.contains(name) else {
            throw .invalid("provider", "must be one of " + known.joined(separator: ", "))
        }
        provider = try ProviderSlug(name)
    }
    let models = try services.store.offeredModels(try request.modelFilter(provider), at: request.receivedAt, page)
    return .success("Models retrieved successfully", models, page)
}

/// The models of one provider, also of one that is switched off.
@Sendable
func listProviderModels(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let slug = try request.provider()
    let page = try request.page(of: "models")
    let filter = try request.modelFilter(slug)
    let wantsRefresh = try request.queryBool("refresh") == true
    let listed = try services.store.modelsListedAt(slug)
    let refreshed = wantsRefresh ? try services.refreshModels(of: slug, listed: listed, request) : nil
    let models = try services.store.offeredModels(filter, at: .now(), page)
    return .success("Models retrieved successfully", models, page) {
        $0.field("listed_at", (refreshed ?? listed)?.iso(.seconds))
        $0.field("refreshed", refreshed != nil)
    }
}

extension OfferedModel: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.field("id", name)
            $0.field("provider", provider)
            $0.field("name", displayName)
            $0.field("capability", capability)
            $0.field("version", version)
            $0.field("context_tokens", contextTokens)
            $0.field("is_available", isAvailable)
            $0.field("is_default", isDefault)
            $0.field("pricing", price)
            $0.field("retired_at", retiredAt?.iso(.seconds))
            $0.field("listed_at", listedAt?.iso(.seconds))
        }
    }
}

/// Token rates are per million tokens, `per_generation` is for one `unit`; null is unknown, which is not free.
extension OfferedPrice: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.field("currency", currency)
            $0.field("input", number: input?.text)
            $0.field("output", number: output?.text)
            $0.field("cached_input", number: cachedInput?.text)
            $0.field("per_generation", number: perGeneration?.text)
            $0.field("unit", unit)
            $0.field("effective_from", effectiveFrom.iso(.seconds))
            $0.field("source", source)
        }
    }
}
