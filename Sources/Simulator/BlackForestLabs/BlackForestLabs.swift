import JSON

/// Black Forest Labs, `https://api.bfl.ai`.
struct BlackForestLabs: MediaVendor {
    static let spelling = JobTicket.Spelling.uuid

    let slug = "black_forest_labs"
    let displayName = "Black Forest Labs"
    let models = BlackForestLabs.catalogue.map(\.model) + [.retired("flux-pro", .image)]

    var routes: [Route] {
        [
            .get("/v1/credits", .balance, .key, credits),
            .get("/v1/get_result", .poll, .open, getResult),
            .post("/v1/{model}", .submit, .key, submit),
            fileRoute,
        ]
    }

    /// With the credits that one picture of a megapixel costs.
    private static let catalogue: [(model: SimModel, credits: String)] = [
        ("flux-2-pro", "3"), ("flux-2-pro-preview", "3"), ("flux-2-max", "7"), ("flux-2-flex", "5"),
        ("flux-2-klein-4b", "1.4"), ("flux-2-klein-9b", "1.5"), ("flux-pro-1.1", "4"), ("flux-pro-1.1-ultra", "6"),
        ("flux-dev", "2.5"), ("flux-kontext-pro", "4"), ("flux-kontext-max", "8"), ("flux-pro-1.0-fill", "5"),
        ("flux-pro-1.0-expand", "5"),
    ].map { (SimModel(name: $0.0, kind: .image, released: "2025-11-25"), $0.1) }

    static func cost(of model: SimModel) -> String {
        catalogue.first { $0.model.name == model.name }?.credits ?? "4"
    }

    func key(of request: SimRequest) -> String? { request.header("x-key") }

    @Sendable func credits(_ call: Call) throws(Problem) -> SimAnswer {
        .json { $0.field("credits", number: balance(call, otherwise: "10000")) }
    }

    static func invalid(_ parameter: String, _ type: String, _ message: String) -> Problem {
        .invalid(Refusal(message: message, parameter: parameter, code: type))
    }

    /// `{"detail": …}`. A bad key is a 403.
    func answer(to problem: Problem, request: SimRequest, id: String) -> SimAnswer {
        if case .invalid(let refusal) = problem {
            return Self.refusal(refusal.parameter ?? "", refusal.code ?? "value_error", refusal.message)
        }
        if case .badJSON(let reason) = problem { return Self.refusal("", "json_invalid", reason) }
        let (status, detail) = shape(of: problem)
        return .json(status) { $0.field("detail", detail) }
    }

    private static func refusal(_ parameter: String, _ type: String, _ message: String) -> SimAnswer {
        .json(422) { json in
            json.key("detail")
            json.array([type]) { json, type in
                json.object {
                    $0.field("loc", array: parameter.isEmpty ? ["body"] : ["body", parameter])
                    $0.field("msg", message)
                    $0.field("type", type)
                }
            }
        }
    }

    private func shape(of problem: Problem) -> (status: Int, detail: String) {
        switch problem {
        case .missingKey: (403, "Not authenticated")
        case .badKey: (403, "Not authenticated - Invalid Authentication")
        case .forbidden: (403, "This organization may not use this model.")
        case .noMoney: (402, "Insufficient credits. Please add credits to continue.")
        case .rateLimited: (429, "Too many active tasks. Please wait for some to finish.")
        case .overloaded: (503, "Service temporarily unavailable")
        case .serverError: (500, "Internal Server Error")
        case .unknownPath: (404, "Not Found")
        case .wrongMethod: (405, "Method Not Allowed")
        case .badJSON(let reason): (422, reason)
        case .invalid(let refusal): (422, refusal.message)
        case .unknownModel, .retiredModel, .wrongKindOfModel: (404, "Not Found")
        }
    }
}
