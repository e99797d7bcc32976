import Domain
import HTTP
import JSON
import Providers
import Store

/// Which provider would be asked for something, in which order the others follow, and why some are passed over.
@Sendable
func explainSelection(_ request: Request, _ services: Services) throws(Failure) -> Response {
    guard let capability = try request.queryChoice("capability", Capability.self) else {
        throw .invalid("capability", "is required")
    }
    let model = try request.queryText("model")
    let environment = try EnvironmentName(request.query["environment"] ?? EnvironmentName.standard.text)
    let found = try services.store.selection(
        for: capability.rawValue, model: model, in: environment, at: request.receivedAt)
    let candidates = found.candidates.map { Adapters.canCall($0.provider) ? $0 : $0.with(.unsupported) }
    let explanation = SelectionExplanation(
        capability: capability, model: model, environment: environment,
        selection: ProviderSelection(isRouted: found.isRouted, candidates: candidates))
    let message =
        candidates.first(where: \.isUsable).map { "\($0.displayName) would be used" }
        ?? "No provider can be used for this capability"
    return .success(message, explanation)
}

private struct SelectionExplanation: JSONWritable {
    let capability: Capability
    let model: String?
    let environment: EnvironmentName
    let selection: ProviderSelection

    func write(to json: inout JSONWriter) {
        let chosen = selection.candidates.first(where: \.isUsable)
        json.object {
            $0.field("capability", capability.rawValue)
            $0.field("model", model)
            $0.field("environment", environment.text)
            $0.field("ordered_by", selection.isRouted ? "routing_rule" : "priority")
            $0.key("selected")
            if let chosen {
                $0.object {
                    $0.field("provider", chosen.provider)
                    $0.field("model", chosen.model)
                }
            } else {
                $0.null()
            }
            $0.field("candidates", array: selection.candidates.enumerated().map { Line(position: $0 + 1, of: $1) })
        }
    }

    private struct Line: JSONWritable {
        let position: Int
        let candidate: SelectionCandidate

        init(position: Int, of candidate: SelectionCandidate) {
            self.position = position
            self.candidate = candidate
        }

        func write(to json: inout JSONWriter) {
            json.object {
                $0.field("position", position)
                $0.field("provider", candidate.provider)
                $0.field("display_name", candidate.displayName)
                $0.field("priority", candidate.priority)
                $0.field("weight", candidate.weight)
                $0.status(candidate.health)
                $0.field("model", candidate.model)
                $0.field("usable", candidate.isUsable)
                $0.key("reasons")
                $0.array(candidate.obstacles) { $0.reason($1) }
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func reason(_ obstacle: SelectionCandidate.Obstacle) {
        let message =
            switch obstacle {
            case .disabled: "The provider is disabled"
            case .notRouted: "The routing rule of the model does not lead here"
            case .down: "The newest health check found it down"
            case .keyless: "There is no credential for this environment"
            case .keyUnusable: "Every credential is inactive, expired or refused"
            case .noModel: "No model of this capability is offered"
            case .unsupported: "This version cannot call the provider"
            }
        object {
            $0.field("kind", obstacle.rawValue)
            $0.field("message", message)
        }
    }
}
