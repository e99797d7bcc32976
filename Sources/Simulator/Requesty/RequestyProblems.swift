import JSON

extension Requesty {
    /// `{"error": {origin, message}}`; what comes from a vendor behind it has a code, too.
    func answer(to problem: Problem, request: SimRequest, id: String) -> SimAnswer {
        let (status, message) = shape(of: problem)
        let isProvider = problem == .overloaded
        var headers: [SimHeader] = []
        if problem == .rateLimited { headers = [SimHeader("Retry-After", String(Problem.retryAfterSeconds))] }
        if case .wrongMethod(let allowed) = problem { headers = [SimHeader("Allow", allowed.joined(separator: ", "))] }
        return .json(status, headers: headers) { json in
            json.field("error") {
                $0.field("origin", isProvider ? "provider" : "router")
                $0.field("message", message)
                $0.fieldIfPresent("code", isProvider ? "overloaded" : nil)
            }
        }
    }

    private func shape(of problem: Problem) -> (status: Int, message: String) {
        switch problem {
        case .missingKey: (401, "Missing Authorization header")
        case .badKey: (403, "Invalid token")
        case .forbidden: (403, "This model is blocked by a policy of your organization")
        case .noMoney: (402, "Insufficient balance")
        case .rateLimited: (429, "Rate limit exceeded")
        case .overloaded: (529, "The provider is overloaded")
        case .serverError: (500, "Internal server error")
        case .unknownPath: (404, "Not found")
        case .wrongMethod: (405, "Method not allowed")
        case .badJSON(let reason): (400, "The body is not JSON: \(reason)")
        case .invalid(let refusal): (400, refusal.message)
        case .unknownModel(let name), .retiredModel(let name), .wrongKindOfModel(let name):
            (404, "Unknown model \(name)")
        }
    }
}
