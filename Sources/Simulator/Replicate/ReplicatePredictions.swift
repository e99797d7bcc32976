import Domain
import JSON

extension Replicate {
    @Sendable func submitToModel(_ call: Call) throws(Problem) -> SimAnswer {
        try start(requestedModel(call), call.json(), call)
    }

    /// The version may be named with its model, `owner/name:version`.
    @Sendable func submitToVersion(_ call: Call) throws(Problem) -> SimAnswer {
        let body = try call.json()
        guard let named = body["version"]?.string, let version = named.split(separator: ":").last else {
            throw Self.invalid("- version is required")
        }
        guard let model = servedModels.first(where: { ReplicateModels.version($0) == version }) else {
            throw Self.invalid("Invalid version or not permitted")
        }
        return try start(model, body, call)
    }

    /// Answers at once, whatever `Prefer: wait` asks for: the real one does so when the time to wait has run out.
    private func start(_ model: SimModel, _ body: JSONValue, _ call: Call) throws(Problem) -> SimAnswer {
        guard let input = body["input"], input.object != nil else { throw Self.invalid("- input is required") }
        guard input["prompt"]?.string?.isEmpty == false else { throw Self.invalid("- input: prompt is required") }
        return prediction(submitted(model, ordered(call), call), input, call, status: 201)
    }

    @Sendable func showPrediction(_ call: Call) throws(Problem) -> SimAnswer {
        prediction(try job(call), .object(JSONObject()), call)
    }

    @Sendable func cancel(_ call: Call) throws(Problem) -> SimAnswer {
        let job = try job(call)
        if !job.state.isFinal { call.jobs.mark(job.id, .cancelled) }
        return prediction(try self.job(call), .object(JSONObject()), call)
    }

    /// What was put in is only known on submission: a job is nothing but its ID.
    private func prediction(_ job: Job, _ input: JSONValue, _ call: Call, status: Int = 200) -> SimAnswer {
        let url = link("/v1/predictions/\(job.id)", call)
        return .json(status) { json in
            json.field("id", job.id)
            json.field("model", job.model.name)
            json.field("version", "hidden")
            json.field("input", input)
            json.field("output", job.state == .succeeded ? result(of: job, call) : nil)
            json.field("logs", "")
            json.field("error", Self.error(of: job.state))
            json.field("status", Self.status(of: job.state))
            json.field("created_at", job.ticket.submitted.iso(.milliseconds))
            json.field("started_at", job.state == .queued ? nil : job.started.iso(.milliseconds))
            json.field("completed_at", job.state.isFinal ? job.ended.iso(.milliseconds) : nil)
            json.field("data_removed", false)
            if job.state == .succeeded { json.field("metrics") { $0.field("predict_time", number: "2.0") } }
            json.field("urls") {
                $0.field("get", url)
                $0.field("cancel", url + "/cancel")
            }
        }
    }

    private static func status(of state: JobState) -> String {
        switch state {
        case .queued: "starting"
        case .running: "processing"
        case .succeeded: "succeeded"
        case .failed, .moderated: "failed"
        case .cancelled: "canceled"
        }
    }

    private static func error(of state: JobState) -> String? {
        switch state {
        case .failed: "Prediction failed for an unknown reason."
        case .moderated: "The input or output was flagged as sensitive. Please try again with different inputs. (E005)"
        case .queued, .running, .succeeded, .cancelled: nil
        }
    }
}
