import JSON

extension OpenRouter {
    /// `{"error": {code, message, metadata}}`, whose code is the status.
    func answer(to problem: Problem, request: SimRequest, id: String) -> SimAnswer {
        let (code, type, message) = shape(of: problem)
        var headers: [SimHeader] = []
        if problem == .rateLimited {
            headers = [
                SimHeader("Retry-After", String(Problem.retryAfterSeconds)), SimHeader("X-RateLimit-Limit", "20"),
                SimHeader("X-RateLimit-Remaining", "0"),
            ]
        }
        if case .wrongMethod(let allowed) = problem { headers = [SimHeader("Allow", allowed.joined(separator: ", "))] }
        return .json(code, headers: headers) { json in
            json.field("error") {
                $0.field("message", message)
                $0.field("code", code)
                guard let type else { return }
                $0.field("metadata") {
                    $0.field("error_type", type)
                    if problem == .noMoney { $0.field("limit_source", "openrouter_credits") }
                }
            }
        }
    }

    private func shape(of problem: Problem) -> (code: Int, type: String?, message: String) {
        switch problem {
        case .missingKey: (401, "authentication", "No auth credentials found")
        case .badKey: (401, "authentication", "User not found.")
        case .forbidden: (403, "permission_denied", "Only management keys can perform this operation")
        case .noMoney: (402, "payment_required", "Insufficient credits. Add more using https://openrouter.ai/credits")
        case .rateLimited: (429, "rate_limit_exceeded", "Rate limit exceeded: limit_rpm")
        case .overloaded: (529, "provider_overloaded", "Provider returned error")
        case .serverError: (500, "server", "Internal Server Error")
        case .unknownPath: (404, nil, "Not Found")
        case .wrongMethod: (405, nil, "Method Not Allowed")
        case .badJSON(let reason): (400, "invalid_request", "Invalid JSON body: \(reason)")
        case .invalid(let refusal): (400, "invalid_request", refusal.message)
        case .unknownModel(let name), .retiredModel(let name), .wrongKindOfModel(let name):
            (404, "not_found", "No endpoints found for \(name).")
        }
    }
}
