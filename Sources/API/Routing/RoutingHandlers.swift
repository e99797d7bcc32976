import Domain
import HTTP
import JSON
import Store

@Sendable
func showRouting(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let routing = try services.store.routing()
    guard let format = try request.export() else { return .routing(routing) }
    return try services.export(format, of: RoutingRule.self, file: ["routing"], in: .named("rules")) {
        (each) throws(Failure) in
        for rule in routing.rules { try each(rule) }
    }
}

/// Replaces all rules. The answer is what a GET gives from now on.
@Sendable
func replaceRouting(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let body = try RoutingBody(request)
    let versions = try EntityTag.versions(ifMatch: request.header("if-match"))
    let by = try request.authenticated().subject
    return try services.change(request, "routing.update") { (transaction, entry) throws(Failure) in
        let (before, after) = try transaction.replaceRouting(
            with: body.rules, by: by, ifVersions: versions, at: .now())
        entry.subject = "routing"
        entry.details = after.auditDetails(insteadOf: before)
        return .routing(after)
    }
}

extension Response {
    fileprivate static func routing(_ routing: RoutingConfiguration) -> Response {
        .data(etag: EntityTag(version: routing.version, rest: "rules").text) { $0.field("rules", array: routing.rules) }
    }
}

extension RoutingConfiguration {
    /// The details of the audit entry about these rules, which took the place of others.
    package func auditDetails(insteadOf before: RoutingConfiguration) -> String {
        JSONWriter.text {
            $0.field("before") { before.audit(&$0) }
            $0.field("after") { audit(&$0) }
        }
    }

    private func audit(_ json: inout JSONWriter) {
        json.field("version", version)
        json.field("rules", array: rules)
    }
}

extension RoutingRule: ListRow {
    static let columns = [
        "model", "providers.provider", "providers.priority", "providers.weight", "providers.enabled",
    ]

    package func write(to json: inout JSONWriter) {
        json.object {
            $0.field("model", model)
            $0.field("providers", array: targets)
        }
    }

    /// A line for each of its providers.
    func write(to csv: inout CSVWriter) {
        for (index, target) in targets.enumerated() {
            if index > 0 { csv.endLine() }
            csv.text(model)
            csv.text(target.provider.text)
            csv.number(target.priority)
            csv.number(target.weight)
            csv.bool(target.enabled)
        }
    }
}

extension RoutingTarget: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.field("provider", provider.text)
            $0.field("priority", priority)
            $0.field("weight", weight)
            $0.field("enabled", enabled)
        }
    }
}
