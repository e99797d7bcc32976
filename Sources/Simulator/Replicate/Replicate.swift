import JSON

/// Replicate, `https://api.replicate.com`.
struct Replicate: MediaVendor {
    static let spelling = JobTicket.Spelling.word

    let slug = "replicate"
    let displayName = "Replicate"
    let models = ReplicateModels.all

    var routes: [Route] {
        [
            .get("/v1/account", .keyCheck, .key, account),
            .get("/v1/models", .models, .key, listModels),
            .get("/v1/models/{owner}/{name}", .models, .key, showModel),
            .post("/v1/models/{owner}/{name}/predictions", .submit, .key, submitToModel),
            .post("/v1/predictions", .submit, .key, submitToVersion),
            .get("/v1/predictions/{id}", .poll, .key, showPrediction),
            .post("/v1/predictions/{id}/cancel", .cancel, .key, cancel),
            fileRoute,
        ]
    }

    func key(of request: SimRequest) -> String? { request.bearerToken }

    @Sendable func account(_ call: Call) throws(Problem) -> SimAnswer {
        .json { json in
            json.field("type", "user")
            json.field("username", "simulated")
            json.field("name", "Simulated User")
            json.field("github_url", "https://github.com/simulated")
        }
    }

    static func invalid(_ message: String) -> Problem {
        .invalid(Refusal(message: message, parameter: nil, code: nil))
    }

    /// Problem details (RFC 7807).
    func answer(to problem: Problem, request: SimRequest, id: String) -> SimAnswer {
        let (status, title, detail) = shape(of: problem)
        let wait = problem == .rateLimited ? [SimHeader("Retry-After", String(Problem.retryAfterSeconds))] : []
        return .json(status, headers: wait) { json in
            json.field("title", title)
            json.field("detail", detail)
            json.field("status", status)
        }
    }

    private func shape(of problem: Problem) -> (status: Int, title: String, detail: String) {
        switch problem {
        case .missingKey: (401, "Unauthenticated", "You did not pass an authentication token")
        case .badKey: (401, "Unauthenticated", "You did not pass a valid authentication token")
        case .forbidden: (403, "Forbidden", "You do not have permission to perform this action.")
        case .noMoney:
            (402, "Insufficient credit", "You have insufficient credit to run this model. Go to replicate.com/account.")
        case .rateLimited:
            (
                429, "Too many requests",
                "Request was throttled. Your rate limit resets in ~\(Problem.retryAfterSeconds)s."
            )
        case .overloaded: (503, "Service unavailable", "The service is temporarily unavailable.")
        case .serverError: (500, "Internal server error", "An unexpected error occurred.")
        case .unknownPath: (404, "Not found", "The requested resource could not be found.")
        case .wrongMethod: (405, "Method not allowed", "Method not allowed.")
        case .badJSON(let reason): (400, "Bad request", "JSON parse error - \(reason)")
        case .invalid(let refusal): (422, "Input validation failed", refusal.message)
        case .unknownModel, .retiredModel, .wrongKindOfModel:
            (404, "Not found", "The requested resource could not be found.")
        }
    }
}
