import JSON

/// Runway, `https://api.dev.runwayml.com`.
struct Runway: MediaVendor {
    static let spelling = JobTicket.Spelling.uuid

    let slug = "runway_ml"
    let displayName = "Runway ML"
    let models = RunwayModels.all

    var routes: [Route] {
        let tasks = RunwayModels.endpoints.map { path, _ in
            Route.post("/v1/" + path, .submit, .key) { call throws(Problem) in try submit(call, to: path) }
        }
        return tasks + [
            .get("/v1/organization", .balance, .key, organization),
            .get("/v1/tasks/{id}", .poll, .key, showTask),
            .delete("/v1/tasks/{id}", .cancel, .key, deleteTask),
            fileRoute,
        ]
    }

    func key(of request: SimRequest) -> String? { request.bearerToken }

    func check(_ request: SimRequest) throws(Problem) {
        guard request.segments.dropFirst().first == "files" || request.header("x-runway-version") == "2024-11-06" else {
            throw Self.invalid("The X-Runway-Version header must be a supported version, such as 2024-11-06.")
        }
    }

    static func invalid(_ message: String) -> Problem {
        .invalid(Refusal(message: message, parameter: nil, code: nil))
    }

    /// `{"error": text}`. Too few credits are a 400.
    func answer(to problem: Problem, request: SimRequest, id: String) -> SimAnswer {
        let (status, message) = shape(of: problem)
        let wait = problem == .rateLimited ? [SimHeader("Retry-After", String(Problem.retryAfterSeconds))] : []
        return .json(status, headers: wait) { $0.field("error", message) }
    }

    private func shape(of problem: Problem) -> (status: Int, message: String) {
        switch problem {
        case .missingKey: (401, "No API key was provided.")
        case .badKey: (401, "The API key is invalid.")
        case .forbidden: (403, "This organization may not use the API.")
        case .noMoney: (400, "You do not have enough credits to run this task.")
        case .rateLimited: (429, "You have reached the daily number of generations for this model.")
        case .overloaded: (503, "The service is temporarily unavailable.")
        case .serverError: (500, "An internal error occurred.")
        case .unknownPath: (404, "Not found")
        case .wrongMethod: (405, "Method not allowed")
        case .badJSON(let reason): (400, "The body is not valid JSON: \(reason)")
        case .invalid(let refusal): (400, refusal.message)
        case .unknownModel(let name), .retiredModel(let name), .wrongKindOfModel(let name):
            (400, "Validation of body failed: model '\(name)' is not available at this endpoint.")
        }
    }
}
