import JSON

extension Cohere {
    /// A flat `{"id", "message"}`. The vendor documents no header that says how long to wait.
    func answer(to problem: Problem, request: SimRequest, id: String) -> SimAnswer {
        let (status, message) = shape(of: problem)
        return .json(status) { json in
            json.field("id", Self.uuid(id))
            json.field("message", message)
        }
    }

    private func shape(of problem: Problem) -> (status: Int, message: String) {
        switch problem {
        case .missingKey: (401, "no api key supplied")
        case .badKey: (401, "invalid api token")
        case .forbidden: (403, "your api key does not have access to this resource")
        case .noMoney:
            (
                402,
                "please add or update your payment method at https://dashboard.cohere.com/billing?tab=payment to continue"
            )
        case .rateLimited: (429, "You are using a Trial key, which is limited to 20 API calls / minute.")
        case .overloaded: (503, "the server is temporarily unavailable, please try again")
        case .serverError: (500, "internal server error, this has been reported to our developers.")
        case .unknownPath: (404, "404 page not found")
        case .wrongMethod: (405, "method not allowed")
        case .badJSON(let reason): (400, "invalid request: the body is not valid JSON: \(reason)")
        case .invalid(let refusal): (400, refusal.message)
        case .unknownModel(let name):
            (
                404,
                "model '\(name)' not found, make sure the correct model ID was used and that you have access to the model."
            )
        case .retiredModel(let name):
            (404, "model '\(name)' was removed. See https://docs.cohere.com/docs/models for the available models.")
        case .wrongKindOfModel(let name): (400, "model '\(name)' is not supported by this endpoint")
        }
    }
}
