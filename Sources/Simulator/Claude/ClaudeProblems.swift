import JSON

extension Claude {
    /// `{"type": "error", "error": {type, message}, "request_id"}`.
    func answer(to problem: Problem, request: SimRequest, id: String) -> SimAnswer {
        let (status, type, message) = shape(of: problem)
        let requestID = "req_" + id.prefix(24)
        var headers = [SimHeader("request-id", requestID)]
        if problem == .rateLimited {
            headers.append(SimHeader("retry-after", String(Problem.retryAfterSeconds)))
            headers.append(SimHeader("anthropic-ratelimit-requests-remaining", "0"))
        }
        if case .wrongMethod(let allowed) = problem {
            headers.append(SimHeader("Allow", allowed.joined(separator: ", ")))
        }
        return .json(status, headers: headers) { json in
            json.field("type", "error")
            json.field("error") {
                $0.field("type", type)
                $0.field("message", message)
            }
            json.field("request_id", requestID)
        }
    }

    /// Money is a 400 with a message, as the vendor was last seen to answer, though it documents a 402.
    private func shape(of problem: Problem) -> (status: Int, type: String, message: String) {
        switch problem {
        case .missingKey: (401, "authentication_error", "x-api-key header is required")
        case .badKey: (401, "authentication_error", "invalid x-api-key")
        case .forbidden:
            (403, "permission_error", "Your API key does not have permission to use the specified resource.")
        case .noMoney:
            (
                400, "invalid_request_error",
                "Your credit balance is too low to access the Anthropic API. "
                    + "Please go to Plans & Billing to upgrade or purchase credits."
            )
        case .rateLimited:
            (
                429, "rate_limit_error",
                "This request would exceed your organization's rate limit of requests per minute."
            )
        case .overloaded: (529, "overloaded_error", "Overloaded")
        case .serverError: (500, "api_error", "Internal server error")
        case .unknownPath: (404, "not_found_error", "Not Found")
        case .wrongMethod: (405, "invalid_request_error", "Method Not Allowed")
        case .badJSON(let reason):
            (400, "invalid_request_error", "The request body is not valid JSON: \(reason)")
        case .invalid(let refusal): (400, "invalid_request_error", refusal.message)
        case .unknownModel(let name), .retiredModel(let name), .wrongKindOfModel(let name):
            (404, "not_found_error", "model: \(name)")
        }
    }
}
