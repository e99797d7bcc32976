import JSON

extension BlackForestLabs {
    /// With a `webhook_url` there is no URL for polling in the answer. The simulator calls no webhook.
    @Sendable func submit(_ call: Call) throws(Problem) -> SimAnswer {
        let model = try model(named: call.captures["model"] ?? "")
        let body = try call.json()
        guard body["prompt"]?.string != nil else { throw Self.invalid("prompt", "missing", "Field required") }
        try checkSizes(body)
        let job = submitted(model, ordered(call), call)
        return .json { json in
            json.field("id", job.id)
            if let webhook = body.given("webhook_url")?.string {
                json.field("status", "Pending")
                json.field("webhook_url", webhook)
            } else {
                json.field("polling_url", link("/v1/get_result?id=\(job.id)", call))
            }
            json.field("cost", number: Self.cost(of: model))
            json.field("output_mp", number: "1.0")
        }
    }

    private func checkSizes(_ body: JSONValue) throws(Problem) {
        for name in ["width", "height"] {
            guard let size = body.given(name) else { continue }
            guard let length = size.int, length >= 64, length % 16 == 0 else {
                throw Self.invalid(name, "multiple_of", "Input should be at least 64 and a multiple of 16")
            }
        }
        if let violation = NumberRule("safety_tolerance", "0", "6").violation(in: body) {
            throw Self.invalid("safety_tolerance", "value_error", "Input should be between 0 and 6: \(violation)")
        }
    }

    /// Needs no key, as in the vendor's document. An unknown task is answered like any other status.
    @Sendable func getResult(_ call: Call) throws(Problem) -> SimAnswer {
        guard let id = call.request.parameter("id") else { throw Self.invalid("id", "missing", "Field required") }
        guard let job = job(id, call) else {
            return .json(404) { json in
                json.field("id", id)
                json.field("status", "Task not found")
                json.field("result", String?.none)
            }
        }
        return .json { json in
            json.field("id", id)
            json.field("status", Self.status(of: job.state))
            json.key("result")
            if job.state == .succeeded { write(job, call, to: &json) } else { json.null() }
            if case .running(let permille) = job.state {
                json.field("progress", number: JobState.fraction(permille: permille))
            } else {
                json.field("progress", String?.none)
            }
            json.field("details", String?.none)
            json.field("preview", String?.none)
        }
    }

    private func write(_ job: Job, _ call: Call, to json: inout JSONWriter) {
        json.object {
            $0.field("sample", result(of: job, call))
            $0.field("prompt", "simulated")
            $0.field("seed", job.ticket.number)
        }
    }

    private static func status(of state: JobState) -> String {
        switch state {
        case .queued, .running: "Pending"
        case .succeeded: "Ready"
        case .failed, .cancelled: "Error"
        case .moderated: "Content Moderated"
        }
    }
}
