import Domain
import JSON

/// Every simulated provider behind one function from request to answer. Its only state are the ordered faults, the
/// cancelled jobs and the log of requests, so it must run in one process.
package final class ProviderSimulator: Sendable {
    private static let vendors: [any Vendor] = [
        OpenAI(), Claude(), Gemini(), Cohere(), Ollama(),
        Fal(), Replicate(), MiniMax(), Runway(), BlackForestLabs(), OpenRouter(), Requesty(),
        VSphere(), OpenStack(),
    ]

    private let board = FaultBoard()
    private let log = RequestLog()
    private let jobs = JobBoard()
    private let control: ControlRoutes

    /// A simulator without any ordered fault, whose log is empty.
    package init() {
        control = ControlRoutes(board: board, log: log, slugs: Self.vendors.map(\.slug))
    }

    /// The answer at `now`. Never fails: what is wrong is answered as the provider would.
    package func answer(_ request: SimRequest, now: Timestamp) -> SimAnswer {
        guard let prefix = request.segments.first, prefix != "_sim" else { return control.answer(request) }
        guard let vendor = Self.vendors.first(where: { $0.slug == prefix }) else {
            return .json(404) { $0.field("error", "the simulator knows no provider \(prefix)") }
        }
        let answer = answer(request, from: vendor, now: now)
        let hash = vendor.key(of: request).map { String(SHA256.hex($0).prefix(SeenRequest.keyHashLength)) }
        log.record(
            SeenRequest(at: now, provider: prefix, request: request, keyHash: hash, status: answer.status))
        return answer
    }

    private func answer(_ request: SimRequest, from vendor: any Vendor, now: Timestamp) -> SimAnswer {
        // A long body's start and length identify it well enough and cost little.
        let id = SHA256.hex(
            Array("\(request.method) \(request.target) \(request.body.count)\n".utf8) + request.body.prefix(65_536))
        do throws(Problem) {
            let (route, captures) = try vendor.route(for: request)
            let verdict = vendor.key(of: request).map { KeyVerdict($0) }
            let fault = board.take(vendor.slug, route.operation) ?? verdict?.fault ?? faultInMessage(request, route)
            let call = Call(request: request, captures: captures, id: id, fault: fault, now: now, jobs: jobs)
            let ordinary = ordinaryAnswer(call, route, verdict, vendor)
            guard let fault else { return ordinary }
            if let problem = fault.problem(model: Self.requestedModel(call)) {
                return vendor.answer(to: problem, request: request, id: id)
            }
            return FaultEffects.distort(ordinary, by: fault)
        } catch {
            return vendor.answer(to: error, request: request, id: id)
        }
    }

    private func ordinaryAnswer(
        _ call: Call, _ route: Route, _ verdict: KeyVerdict?, _ vendor: any Vendor
    ) -> SimAnswer {
        do throws(Problem) {
            if route.access == .key, verdict == nil { throw .missingKey }
            if verdict?.isBad == true { throw .badKey }
            try vendor.check(call.request)
            return try route.handler(call)
        } catch {
            return vendor.answer(to: error, request: call.request, id: call.id)
        }
    }

    /// A message can only spoil its own chat or generation, so that a key can be found good first.
    private func faultInMessage(_ request: SimRequest, _ route: Route) -> Fault? {
        guard [.chat, .submit].contains(route.operation) else { return nil }
        let directives = Directives(in: String(decoding: request.body, as: UTF8.self))
        if let job = directives.job, JobTicket.Course(name: job) == nil { return .unknown }
        return directives.fault.map { Fault.ordered($0) }
    }

    /// The model in the path or the body, for a refusal that names it; a body that cannot be read names none.
    private static func requestedModel(_ call: Call) -> String {
        if let model = call.captures["model"] { return model }
        guard let body = try? call.json(), let model = body["model"]?.string else { return "the requested model" }
        return model
    }
}
