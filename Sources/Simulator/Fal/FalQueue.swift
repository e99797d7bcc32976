import Domain
import JSON

extension Fal {
    @Sendable func submit(_ call: Call) throws(Problem) -> SimAnswer {
        let name = call.request.segments.dropFirst().joined(separator: "/")
        let model = try model(named: name)
        let body = try call.json()
        guard let prompt = body["prompt"]?.string else {
            throw Self.invalid("prompt", "missing", "Field required")
        }
        guard !prompt.isEmpty else {
            throw Self.invalid("prompt", "string_too_short", "String should have at least 1 character")
        }
        let job = submitted(model, ordered(call), call)
        return .json { json in
            json.field("status", "IN_QUEUE")
            write(job, call, to: &json)
            json.field("queue_position", 0)
        }
    }

    private func write(_ job: Job, _ call: Call, to json: inout JSONWriter) {
        let app = job.model.name.split(separator: "/").prefix(2).joined(separator: "/")
        let url = link("/\(app)/requests/\(job.id)", call)
        json.field("request_id", job.id)
        json.field("gateway_request_id", job.id)
        json.field("response_url", url)
        json.field("status_url", url + "/status")
        json.field("cancel_url", url + "/cancel")
    }

    /// The job that the path names, below the model that it is of.
    private func job(of call: Call) throws(Problem) -> Job {
        let job = try job(call)
        let app = [call.captures["owner"] ?? "", call.captures["app"] ?? ""]
        guard job.model.name.split(separator: "/").prefix(2).map(String.init) == app else { throw .unknownPath }
        return job
    }

    /// There is no status for a failure. The content rules show themselves in the result only.
    @Sendable func status(_ call: Call) throws(Problem) -> SimAnswer {
        let job = try job(of: call)
        let hasLogs = ["1", "true"].contains(call.request.parameter("logs"))
        let status = job.state == .queued ? "IN_QUEUE" : job.state.isFinal ? "COMPLETED" : "IN_PROGRESS"
        return .json(job.state.isFinal ? 200 : 202) { json in
            json.field("status", status)
            write(job, call, to: &json)
            if job.state == .queued { json.field("queue_position", 0) }
            json.key("logs")
            if hasLogs, job.state != .queued { Self.writeLog(of: job, to: &json) } else { json.null() }
            if job.state.isFinal { json.field("metrics") { $0.field("inference_time", number: "2.0") } }
            if let (error, type) = Self.error(of: job.state) {
                json.field("error", error)
                json.field("error_type", type)
            }
        }
    }

    private static func writeLog(of job: Job, to json: inout JSONWriter) {
        json.array([job.started]) { json, moment in
            json.object {
                $0.field("message", "simulated")
                $0.field("level", "INFO")
                $0.field("source", "SIMULATOR")
                $0.field("timestamp", moment.iso(.milliseconds))
            }
        }
    }

    private static func error(of state: JobState) -> (text: String, type: String)? {
        switch state {
        case .failed: ("Internal server error", "internal_error")
        case .cancelled: ("Request was cancelled by the client", "client_cancelled")
        case .queued, .running, .succeeded, .moderated: nil
        }
    }

    @Sendable func result(_ call: Call) throws(Problem) -> SimAnswer {
        let job = try job(of: call)
        switch job.state {
        case .queued, .running: return .json(400) { $0.field("detail", "Request is still in progress") }
        case .succeeded: return output(of: job, call)
        case .cancelled: return .json(499) { $0.field("detail", "Request was cancelled") }
        case .failed: return Self.refusal(500, "body", "internal_server_error", "Internal server error")
        case .moderated:
            return Self.refusal(
                422, "prompt", "content_policy_violation", "The content could not be processed: it was flagged.")
        }
    }

    private func output(of job: Job, _ call: Call) -> SimAnswer {
        let url = result(of: job, call)
        return .json { json in
            switch job.model.kind {
            case .video: json.field("video") { $0.field("url", url) }
            case .audio: json.field("audio") { $0.field("url", url) }
            case .chat, .embedding, .image:
                json.key("images")
                json.array([url]) { json, url in
                    json.object {
                        $0.field("url", url)
                        $0.field("width", 8)
                        $0.field("height", 8)
                        $0.field("content_type", "image/png")
                    }
                }
                json.field("has_nsfw_concepts", array: [false])
            }
            json.field("seed", job.ticket.number)
            json.field("timings") { $0.field("inference", number: "2.0") }
        }
    }

    @Sendable func cancel(_ call: Call) throws(Problem) -> SimAnswer {
        guard let job = try? job(of: call) else { return .json(404) { $0.field("status", "NOT_FOUND") } }
        switch job.state {
        case .succeeded, .failed, .moderated, .cancelled:
            return .json(400) { $0.field("status", "ALREADY_COMPLETED") }
        case .queued:
            call.jobs.mark(job.id, .cancelled)
            return .json(200) { $0.field("status", "OK") }
        case .running:
            call.jobs.mark(job.id, .cancelled)
            return .json(202) { $0.field("status", "CANCELLATION_REQUESTED") }
        }
    }
}
