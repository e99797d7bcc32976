import JSON

extension OpenAI {
    /// `{"error": {message, type, param, code}}`; which status goes with which code is in the vendor's error guide.
    func answer(to problem: Problem, request: SimRequest, id: String) -> SimAnswer {
        let shape = shape(of: problem, request)
        var headers = [SimHeader("x-request-id", "req_" + id.prefix(32))]
        if problem == .rateLimited {
            headers.append(SimHeader("retry-after", String(Problem.retryAfterSeconds)))
            headers.append(SimHeader("x-ratelimit-remaining-requests", "0"))
            headers.append(SimHeader("x-ratelimit-reset-requests", "\(Problem.retryAfterSeconds)s"))
        }
        if case .wrongMethod(let allowed) = problem {
            headers.append(SimHeader("Allow", allowed.joined(separator: ", ")))
        }
        return .json(shape.status, headers: headers) { json in
            json.field("error") {
                $0.field("message", shape.message)
                $0.field("type", shape.type)
                $0.field("param", shape.parameter)
                $0.field("code", shape.code)
            }
        }
    }

    private struct Shape {
        let status: Int
        let type: String
        var code: String?
        var parameter: String?
        let message: String
    }

    private func shape(of problem: Problem, _ request: SimRequest) -> Shape {
        let path = request.segments.dropFirst().joined(separator: "/")
        let invalid = "invalid_request_error"
        return switch problem {
        case .missingKey:
            Shape(
                status: 401, type: invalid,
                message: "You didn't provide an API key. You need to provide your API key in an Authorization header "
                    + "using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).")
        case .badKey:
            Shape(
                status: 401, type: invalid, code: "invalid_api_key",
                message: "Incorrect API key provided: \(Self.masked(key(of: request) ?? "")). "
                    + "You can find your API key at https://platform.openai.com/account/api-keys.")
        case .forbidden:
            Shape(
                status: 403, type: "request_forbidden", code: "unsupported_country_region_territory",
                message: "Country, region, or territory not supported")
        case .noMoney:
            Shape(
                status: 429, type: "insufficient_quota", code: "credit_balance_exhausted",
                message: "You exceeded your current quota, please check your plan and billing details.")
        case .rateLimited:
            Shape(
                status: 429, type: "requests", code: "rate_limit_exceeded",
                message: "Rate limit reached for requests. Please try again in \(Problem.retryAfterSeconds)s.")
        case .overloaded:
            Shape(
                status: 503, type: "service_unavailable_error", code: "server_is_overloaded",
                message: "The engine is currently overloaded, please try again later.")
        case .serverError:
            Shape(
                status: 500, type: "server_error",
                message: "The server had an error while processing your request. Sorry about that!")
        case .unknownPath:
            Shape(status: 404, type: invalid, message: "Invalid URL (\(request.method) /\(path))")
        case .wrongMethod:
            Shape(
                status: 405, type: invalid, code: "method_not_supported",
                message: "Not allowed to \(request.method) on /\(path). "
                    + "(HINT: Perhaps you meant to use a different HTTP method?)")
        case .badJSON(let reason):
            Shape(
                status: 400, type: invalid,
                message: "We could not parse the JSON body of your request: \(reason).")
        case .invalid(let refusal):
            Shape(
                status: 400, type: invalid, code: refusal.code, parameter: refusal.parameter, message: refusal.message)
        case .unknownModel(let name):
            Shape(
                status: 404, type: invalid, code: "model_not_found",
                message: "The model `\(name)` does not exist or you do not have access to it.")
        case .retiredModel(let name):
            Shape(
                status: 404, type: invalid, code: "model_not_found",
                message: "The model `\(name)` has been deprecated, learn more here: "
                    + "https://platform.openai.com/docs/deprecations")
        case .wrongKindOfModel:
            Shape(
                status: 404, type: invalid, parameter: "model",
                message: "This model is not supported in the \(path) endpoint.")
        }
    }

    /// The vendor echoes the start and end of a bad key, which is why its messages must never be logged.
    private static func masked(_ key: String) -> String {
        guard key.count > 12 else { return String(repeating: "*", count: key.count) }
        return key.prefix(8) + String(repeating: "*", count: key.count - 12) + key.suffix(4)
    }
}
