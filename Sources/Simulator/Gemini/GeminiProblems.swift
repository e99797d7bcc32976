import JSON

extension Gemini {
    /// `{"error": {code, message, status, details}}`; the answer to a stream that is not server-sent events is an
    /// array, and so is its error.
    func answer(to problem: Problem, request: SimRequest, id: String) -> SimAnswer {
        let (code, status, message) = shape(of: problem)
        let object = JSONWriter.object { json in
            json.field("error") {
                $0.field("code", code)
                $0.field("message", message)
                $0.field("status", status)
                writeDetails(of: problem, message, to: &$0)
            }
        }
        let isArray = request.path.hasSuffix(":streamGenerateContent") && request.parameter("alt") != "sse"
        let text = String(decoding: object, as: UTF8.self)
        var answer = SimAnswer.whole(code, "application/json; charset=UTF-8", isArray ? "[\(text)\n]" : text)
        answer.headers.append(SimHeader("x-gemini-service-tier", "standard"))
        return answer
    }

    private func shape(of problem: Problem) -> (code: Int, status: String, message: String) {
        switch problem {
        case .missingKey:
            (
                403, "PERMISSION_DENIED",
                "Method doesn't allow unregistered callers (callers without established identity). "
                    + "Please use API Key or other form of API consumer identity to call this API."
            )
        case .badKey: (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.")
        case .forbidden: (403, "PERMISSION_DENIED", "The caller does not have permission")
        case .noMoney:
            (402, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted. Please add credits to continue.")
        case .rateLimited:
            (
                429, "RESOURCE_EXHAUSTED",
                "You exceeded your current quota. Please retry in \(Problem.retryAfterSeconds)s."
            )
        case .overloaded: (503, "UNAVAILABLE", "The model is overloaded. Please try again later.")
        case .serverError: (500, "INTERNAL", "An internal error has occurred.")
        case .unknownPath: (404, "NOT_FOUND", "Requested entity was not found.")
        case .wrongMethod(let allowed):
            (405, "UNIMPLEMENTED", "Method not allowed; use \(allowed.joined(separator: " or ")).")
        case .badJSON(let reason): (400, "INVALID_ARGUMENT", "Invalid JSON payload received. \(reason)")
        case .invalid(let refusal): (400, "INVALID_ARGUMENT", refusal.message)
        case .unknownModel(let name), .wrongKindOfModel(let name):
            (
                404, "NOT_FOUND",
                "models/\(name) is not found for this API version, or is not supported for this method. "
                    + "Call ListModels to see the list of available models and their supported methods."
            )
        case .retiredModel(let name):
            (
                404, "NOT_FOUND",
                "This model models/\(name) is no longer available. Please update your code to use a newer model."
            )
        }
    }

    /// The reason of a bad key and the time to wait are only here, in Google's typed details.
    private func writeDetails(of problem: Problem, _ message: String, to json: inout JSONWriter) {
        switch problem {
        case .badKey:
            json.key("details")
            json.array([message]) { json, message in
                json.object {
                    $0.field("@type", "type.googleapis.com/google.rpc.ErrorInfo")
                    $0.field("reason", "API_KEY_INVALID")
                    $0.field("domain", "googleapis.com")
                    $0.field("metadata") { $0.field("service", "generativelanguage.googleapis.com") }
                }
                json.object {
                    $0.field("@type", "type.googleapis.com/google.rpc.LocalizedMessage")
                    $0.field("locale", "en-US")
                    $0.field("message", message)
                }
            }
        case .rateLimited:
            json.key("details")
            json.array(["GenerateRequestsPerMinutePerProjectPerModel-FreeTier"]) { json, quota in
                writeQuota(quota, to: &json)
                json.object {
                    $0.field("@type", "type.googleapis.com/google.rpc.RetryInfo")
                    $0.field("retryDelay", "\(Problem.retryAfterSeconds)s")
                }
            }
        default: return
        }
    }

    private func writeQuota(_ quota: String, to json: inout JSONWriter) {
        json.object {
            $0.field("@type", "type.googleapis.com/google.rpc.QuotaFailure")
            $0.key("violations")
            $0.array([quota]) { json, quota in
                json.object {
                    $0.field(
                        "quotaMetric", "generativelanguage.googleapis.com/generate_content_free_tier_requests")
                    $0.field("quotaId", quota)
                }
            }
        }
    }
}
