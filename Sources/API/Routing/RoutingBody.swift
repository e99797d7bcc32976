import Domain
import HTTP
import JSON
import Providers

/// `PUT …/providers/routing`: all rules; an empty list removes them.
struct RoutingBody {
    let rules: [RoutingRule]

    init(_ request: Request) throws(Failure) {
        var fields = try request.fields()
        let elements = try fields.required("rules", fields.objects("rules", atMost: 500))
        try fields.finish()
        var rules: [RoutingRule] = []
        var models: Set<String> = []
        for element in elements {
            let rule = try RoutingRule(element)
            guard models.insert(rule.model).inserted else { throw .invalid(element.path("model"), "stands twice") }
            rules.append(rule)
        }
        self.rules = rules
    }
}

extension RoutingRule {
    fileprivate init(_ element: Fields) throws(Failure) {
        var fields = element
        let name = try fields.required("model", fields.string("model", length: 1...200))
        let model = try ModelName(name, field: fields.path("model")).text
        let elements = try fields.required("providers", fields.objects("providers", atMost: 20))
        try fields.finish()
        let path = fields.path("providers")
        guard !elements.isEmpty else { throw .invalid(path, "must not be empty") }
        var targets: [RoutingTarget] = []
        for element in elements {
            let target = try RoutingTarget(element)
            guard !targets.contains(where: { $0.provider == target.provider }) else {
                throw .invalid(element.path("provider"), "stands twice")
            }
            targets.append(target)
        }
        // A rule that is switched off whole is judged by what it would be.
        let enabled = targets.filter(\.enabled)
        guard (enabled.isEmpty ? targets : enabled).contains(where: { $0.weight > 0 }) else {
            throw .invalid(path, "must have an enabled provider with a weight above 0")
        }
        self.init(model: model, targets: targets)
    }
}

extension RoutingTarget {
    fileprivate init(_ element: Fields) throws(Failure) {
        var fields = element
        let slug = try fields.required("provider", fields.string("provider", length: 1...50))
        let priority = try fields.required("priority", fields.int("priority", in: 1...1_000))
        let weight = try fields.required("weight", fields.int("weight", in: 0...1_000))
        let enabled = try fields.bool("enabled") ?? true
        try fields.finish()
        let provider: ProviderSlug
        do throws(Failure) {
            provider = try ProviderSlug(slug)
        } catch {
            throw .invalid(fields.path("provider"), "is not a known provider")
        }
        self.init(provider: provider, priority: priority, weight: weight, enabled: enabled)
    }
}
