import Domain
import HTTP
import JSON
import Store

@Sendable
func showRouting(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let routing = try services.store.routing()
    guard let format = try request.export() else { return .routing(routing) }
    return try services.export(format, of: RoutingRow.self, file: ["routing"], in: .named("rules")) {
        (each) throws(Failure) in
        for rule in routing.rules {
            for target in rule.targets { try each(RoutingRow(model: rule.model, target: target)) }
        }
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
        entry.details = String(
            decoding: JSONWriter.object {
                $0.field("before") { before.audit(&$0) }
                $0.field("after") { after.audit(&$0) }
            }, as: UTF8.self)
        return .routing(after)
    }
}

extension Response {
    fileprivate static func routing(_ routing: RoutingConfiguration) -> Response {
        .data(etag: EntityTag(version: routing.version, rest: "rules").text) { $0.field("rules", array: routing.rules) }
    }
}

extension RoutingConfiguration {
    fileprivate func audit(_ json: inout JSONWriter) {
        json.field("version", version)
        json.field("rules", array: rules)
    }
}

extension RoutingRule: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.field("model", model)
            $0.field("providers", array: targets)
        }
    }
}

extension RoutingTarget: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { members(&$0) }
    }

    fileprivate func members(_ json: inout JSONWriter) {
        json.field("provider", provider.text)
        json.field("priority", priority)
        json.field("weight", weight)
        json.field("enabled", enabled)
    }
}

/// One line of an export: a rule and one of its providers.
private struct RoutingRow: ListRow {
    static let columns = ["model", "provider", "priority", "weight", "enabled"]

    let model: String
    let target: RoutingTarget

    func write(to json: inout JSONWriter) {
        json.object {
            $0.field("model", model)
            target.members(&$0)
        }
    }

    func write(to csv: inout CSVWriter) {
        csv.text(model)
        csv.text(target.provider.text)
        csv.number(target.priority)
        csv.number(target.weight)
        csv.bool(target.enabled)
    }
}
