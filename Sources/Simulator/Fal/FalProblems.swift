import JSON

extension Fal {
    /// The platform answers `{"error": {type, message}}`, the queue `{"detail": …}`.
    func answer(to problem: Problem, request: SimRequest, id: String) -> SimAnswer {
        let wait = problem == .rateLimited ? [SimHeader("Retry-After", String(Problem.retryAfterSeconds))] : []
        let headers = [SimHeader("x-fal-request-id", Cohere.uuid(id))] + wait
        if request.segments.dropFirst().first == "v1" { return platformAnswer(to: problem, headers) }
        if case .invalid(let refusal) = problem {
            return Self.refusal(422, refusal.parameter ?? "body", refusal.code ?? "value_error", refusal.message)
        }
        if case .badJSON(let reason) = problem { return Self.refusal(422, "body", "json_invalid", reason) }
        let (status, detail) = queueShape(of: problem)
        return .json(status, headers: headers) { $0.field("detail", detail) }
    }

    /// A model's own refusal: a list, of which the types count.
    static func refusal(_ status: Int, _ place: String, _ type: String, _ message: String) -> SimAnswer {
        .json(status, headers: [SimHeader("X-Fal-Retryable", "false")]) { json in
            json.key("detail")
            json.array([type]) { json, type in
                json.object {
                    $0.field("loc", array: place == "body" ? ["body"] : ["body", place])
                    $0.field("msg", message)
                    $0.field("type", type)
                    $0.field("url", "https://docs.fal.ai/errors#\(type)")
                }
            }
        }
    }

    private func queueShape(of problem: Problem) -> (status: Int, detail: String) {
        switch problem {
        case .missingKey: (401, "Authentication is required to access this application")
        case .badKey: (401, "No user found for Key ID and Secret")
        case .forbidden: (403, "Access to this application is denied")
        case .noMoney:
            (403, "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing.")
        case .rateLimited: (429, "Too many requests")
        case .overloaded: (503, "Runner is unavailable")
        case .serverError: (500, "Internal Server Error")
        case .unknownPath: (404, "Request not found")
        case .wrongMethod: (405, "Method Not Allowed")
        case .badJSON(let reason): (422, reason)
        case .invalid(let refusal): (422, refusal.message)
        case .unknownModel(let name), .retiredModel(let name), .wrongKindOfModel(let name):
            (404, "Application '\(name)' not found")
        }
    }

    private func platformAnswer(to problem: Problem, _ headers: [SimHeader]) -> SimAnswer {
        let (status, type, message): (Int, String, String) =
            switch problem {
            case .missingKey: (401, "authorization_error", "Authentication required")
            case .badKey: (401, "authorization_error", "Invalid API key")
            case .forbidden: (403, "authorization_error", "This key does not have the scope ADMIN")
            case .noMoney: (403, "authorization_error", "User is locked. Reason: Exhausted balance.")
            case .rateLimited: (429, "rate_limited", "Too many requests")
            case .overloaded: (503, "server_error", "Service unavailable")
            case .serverError: (500, "server_error", "Internal server error")
            case .unknownPath: (404, "not_found", "Not found")
            case .wrongMethod: (405, "not_implemented", "Method not allowed")
            case .badJSON(let reason): (400, "validation_error", reason)
            case .invalid(let refusal): (400, "validation_error", refusal.message)
            case .unknownModel(let name), .retiredModel(let name), .wrongKindOfModel(let name):
                (404, "not_found", "Endpoint '\(name)' not found")
            }
        return .json(status, headers: headers) { json in
            json.field("error") {
                $0.field("type", type)
                $0.field("message", message)
            }
        }
    }
}
