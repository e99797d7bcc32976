import JSON

/// fal.ai: its queue, `https://queue.fal.run`, and its platform, `https://api.fal.ai/v1`, below one address.
struct Fal: MediaVendor {
    static let spelling = JobTicket.Spelling.uuid

    let slug = "fal_ai"
    let displayName = "fal.ai"
    let models = FalModels.all

    /// A model's name has two to four parts, and status, result and cancellation have the first two only.
    var routes: [Route] {
        [
            .get("/v1/models", .models, .open, listModels),
            .get("/v1/models/pricing", .keyCheck, .key, prices),
            .get("/v1/account/billing", .balance, .key, billing),
            fileRoute,
            .get("/{owner}/{app}/requests/{id}/status", .poll, .key, status),
            .get("/{owner}/{app}/requests/{id}", .poll, .key, result),
            .put("/{owner}/{app}/requests/{id}/cancel", .cancel, .key, cancel),
            .post("/{owner}/{app}", .submit, .key, submit),
            .post("/{owner}/{app}/{first}", .submit, .key, submit),
            .post("/{owner}/{app}/{first}/{second}", .submit, .key, submit),
        ]
    }

    func key(of request: SimRequest) -> String? {
        guard let value = request.header("authorization"), value.lowercased().hasPrefix("key ") else { return nil }
        let key = value.dropFirst(4).drop { $0 == " " }
        return key.isEmpty ? nil : String(key)
    }

    /// A model's own refusal of its input; `type` is what clients go by.
    static func invalid(_ parameter: String, _ type: String, _ message: String) -> Problem {
        .invalid(Refusal(message: message, parameter: parameter, code: type))
    }
}
