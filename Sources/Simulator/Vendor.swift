/// One simulated provider: its table of endpoints, its catalogue, and the shape of its refusals.
protocol Vendor: Sendable {
    /// The first segment of every path, such as `openai`.
    var slug: String { get }
    /// How the vendor calls itself in an answer's text.
    var displayName: String { get }
    var models: [SimModel] { get }
    var routes: [Route] { get }

    /// The key of a request, wherever this vendor expects it.
    func key(of request: SimRequest) -> String?

    /// What must be right before a handler runs, beyond path and key: a mandatory header.
    func check(_ request: SimRequest) throws(Problem)

    /// The vendor's own answer to a problem. `id` identifies the request.
    func answer(to problem: Problem, request: SimRequest, id: String) -> SimAnswer
}

extension Vendor {
    func check(_ request: SimRequest) throws(Problem) {}

    /// The model of that name if it is served and does that kind of work.
    func model(_ name: String, _ kind: SimModel.Kind) throws(Problem) -> SimModel {
        guard let model = models.first(where: { $0.name == name }) else { throw .unknownModel(name) }
        guard !model.isRetired else { throw .retiredModel(name) }
        guard model.kind == kind else { throw .wrongKindOfModel(name) }
        return model
    }

    /// The models that the vendor lists.
    var servedModels: [SimModel] { models.filter { !$0.isRetired } }

    /// The name that a chat reports: the requested one, or another one on demand.
    func reportedName(of model: SimModel, _ call: Call) -> String {
        guard call.fault == .wrongModel else { return model.name }
        return servedModels.first { $0.kind == model.kind && $0.name != model.name }?.name ?? "another-model"
    }
}
