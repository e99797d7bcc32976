import JSON

/// The simulator's own endpoints under `/_sim`, without authentication: it belongs on a developer's machine.
struct ControlRoutes: Sendable {
    let board: FaultBoard
    let log: RequestLog
    /// The providers that there are.
    let slugs: [String]

    func answer(_ request: SimRequest) -> SimAnswer {
        let path = Array(request.segments.dropFirst())
        switch (request.method, path.first, path.count) {
        case ("GET", "health", 1): return health
        case ("GET", "faults", 1): return faults
        case ("PUT", "faults", 2): return plan(request, for: path[1])
        case ("DELETE", "faults", 1): return cleared(nil)
        case ("DELETE", "faults", 2): return slugs.contains(path[1]) ? cleared(path[1]) : unknownProvider
        case ("GET", "requests", 1): return requests(request)
        case ("DELETE", "requests", 1):
            log.clear()
            return noContent
        case (_, "health", 1), (_, "faults", 1...2), (_, "requests", 1): return refusal(405, "method not allowed")
        default: return refusal(404, "there are /_sim/health, /_sim/faults and /_sim/requests")
        }
    }

    private var health: SimAnswer {
        .json { json in
            json.field("status", "ok")
            json.field("providers", array: slugs)
        }
    }

    private var faults: SimAnswer {
        .json { json in
            json.key("faults")
            json.array(board.all) { $1.fault.write(slug: $1.slug, to: &$0) }
            json.field("names", array: Fault.names)
        }
    }

    private func cleared(_ slug: String?) -> SimAnswer {
        board.clear(slug)
        return noContent
    }

    private func plan(_ request: SimRequest, for slug: String) -> SimAnswer {
        guard slugs.contains(slug) else { return unknownProvider }
        let order: PlannedFault
        do throws(BadOrder) {
            order = try plannedFault(request.body)
        } catch {
            return refusal(400, error.reason)
        }
        board.plan(order, for: slug)
        var json = JSONWriter()
        order.write(slug: slug, to: &json)
        return .whole(200, "application/json", String(decoding: json.bytes, as: UTF8.self))
    }

    private struct BadOrder: Error { let reason: String }

    private func plannedFault(_ body: [UInt8]) throws(BadOrder) -> PlannedFault {
        let order: JSONValue
        do throws(JSONError) { order = try JSONParser.parse(body) } catch {
            throw BadOrder(reason: "the body is not JSON: \(error.reason.rawValue)")
        }
        guard let name = order["fault"]?.string, let fault = Fault(name: name) else {
            throw BadOrder(reason: "fault must be one of \(Fault.names.joined(separator: ", ")), or slow=MILLISECONDS")
        }
        let times = order.given("times")
        guard times == nil || (times?.int ?? 0) > 0 else {
            throw BadOrder(reason: "times must be a whole number above 0")
        }
        return PlannedFault(
            name: name, fault: fault, times: times?.int, operations: try operations(order.given("paths")))
    }

    private func operations(_ paths: JSONValue?) throws(BadOrder) -> Set<Operation>? {
        guard let paths else { return nil }
        let known = (paths.array ?? []).compactMap { $0.string.flatMap { Operation(rawValue: $0) } }
        guard !known.isEmpty, known.count == paths.array?.count else {
            let names = Operation.allCases.map(\.rawValue).joined(separator: ", ")
            throw BadOrder(reason: "paths must be a list of \(names)")
        }
        return Set(known)
    }

    private func requests(_ request: SimRequest) -> SimAnswer {
        let limit = request.parameter("limit").map { Int($0) ?? 0 } ?? RequestLog.capacity
        guard limit > 0 else { return refusal(400, "limit must be a whole number above 0") }
        return .json { json in
            json.key("requests")
            json.array(log.latest(limit, provider: request.parameter("provider"))) { $1.write(to: &$0) }
        }
    }

    private var noContent: SimAnswer { SimAnswer(204, headers: [], body: .whole([])) }

    private var unknownProvider: SimAnswer {
        refusal(404, "the providers are \(slugs.joined(separator: ", "))")
    }

    private func refusal(_ status: Int, _ reason: String) -> SimAnswer {
        .json(status) { $0.field("error", reason) }
    }
}
