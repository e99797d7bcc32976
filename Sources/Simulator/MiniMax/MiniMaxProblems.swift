import JSON

extension MiniMax {
    private struct Shape {
        let status: Int
        let type: String
        let code: Int
        let message: String
    }

    /// Version 1 answers 200 and a code, except the list of models; version 2 answers with real statuses.
    func answer(to problem: Problem, request: SimRequest, id: String) -> SimAnswer {
        let shape = shape(of: problem)
        let path = request.segments.dropFirst()
        let isOld = path.first == "v1" && Array(path) != ["v1", "models"]
        let isHidden =
            isOld && problem != .unknownPath && shape.status != 405 && shape.status != 500
            && shape.status != 503
        let trace = SimHeader("Trace-Id", String(id.prefix(32)))
        if isHidden {
            return .json(200, headers: [trace]) { Self.write(code: shape.code, shape.message, to: &$0) }
        }
        return .json(shape.status, headers: [trace]) { json in
            json.field("type", "error")
            json.field("error") {
                $0.field("type", shape.type)
                $0.field("message", "\(shape.message) (\(shape.code))")
                $0.field("http_code", String(shape.status))
            }
            json.field("request_id", String(id.prefix(32)))
        }
    }

    private func shape(of problem: Problem) -> Shape {
        switch problem {
        case .missingKey:
            Shape(status: 401, type: "authorized_error", code: 1_004, message: "login fail: no API key")
        case .badKey: Shape(status: 401, type: "authorized_error", code: 2_049, message: "invalid api key")
        case .forbidden:
            Shape(status: 403, type: "forbidden_error", code: 2_061, message: "your plan does not support this")
        case .noMoney:
            Shape(status: 402, type: "insufficient_balance_error", code: 1_008, message: "insufficient balance")
        case .rateLimited: Shape(status: 429, type: "rate_limit_error", code: 1_002, message: "rate limit")
        case .overloaded: Shape(status: 503, type: "server_error", code: 1_000, message: "service unavailable")
        case .serverError: Shape(status: 500, type: "server_error", code: 1_000, message: "unknown error")
        case .unknownPath: Shape(status: 404, type: "not_found_error", code: 2_013, message: "not found")
        case .wrongMethod: Shape(status: 405, type: "bad_request_error", code: 2_013, message: "method not allowed")
        case .badJSON(let reason):
            Shape(status: 400, type: "bad_request_error", code: 2_013, message: "invalid params, \(reason)")
        case .invalid(let refusal):
            Shape(
                status: 422, type: "unprocessable_entity_error", code: refusal.code.flatMap { Int($0) } ?? 2_013,
                message: refusal.message)
        case .unknownModel(let name), .retiredModel(let name), .wrongKindOfModel(let name):
            Shape(
                status: 400, type: "bad_request_error", code: 2_013, message: "invalid params, unknown model \(name)")
        }
    }
}
