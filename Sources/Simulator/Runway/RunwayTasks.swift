import Domain
import JSON

extension Runway {
    func submit(_ call: Call, to path: String) throws(Problem) -> SimAnswer {
        let body = try call.json()
        guard let name = body["model"]?.string else {
            throw Self.invalid("Validation of body failed: model is required.")
        }
        let model = try model(named: name)
        guard RunwayModels.endpoints.contains(where: { $0.path == path && $0.models.contains(name) }) else {
            throw .wrongKindOfModel(name)
        }
        for field in Self.required[path] ?? [] where !Self.isGiven(body[field]) {
            throw Self.invalid("Validation of body failed: \(field) is required.")
        }
        if let duration = body.given("duration"), !(2...10).contains(duration.int ?? 0) {
            throw Self.invalid("Validation of body failed: duration must be between 2 and 10.")
        }
        let job = submitted(model, ordered(call), call)
        return .json { json in
            json.field("id", job.id)
            json.field("estimatedCost") { $0.field("credits", RunwayModels.credits(model)) }
        }
    }

    private static let required = [
        "image_to_video": ["promptImage", "ratio"], "text_to_video": ["promptText", "ratio"],
        "video_to_video": ["videoUri"], "character_performance": ["character", "reference"],
        "text_to_image": ["promptText", "ratio"], "text_to_speech": ["promptText"], "sound_effect": ["promptText"],
    ]

    private static func isGiven(_ value: JSONValue?) -> Bool {
        guard let value, !value.isNull else { return false }
        return value.string != ""
    }

    @Sendable func showTask(_ call: Call) throws(Problem) -> SimAnswer {
        let job = try job(call)
        return .json { json in
            json.field("id", job.id)
            json.field("createdAt", job.ticket.submitted.iso(.milliseconds))
            json.field("status", Self.status(of: job.state))
            // What the content rules stopped is not paid back; what failed or was cancelled is.
            let isPaid = job.state == .succeeded || job.state == .moderated
            let credits = job.state.isFinal && !isPaid ? 0 : RunwayModels.credits(job.model)
            json.key(job.state.isFinal ? "cost" : "estimatedCost")
            json.object { $0.field("credits", credits) }
            if case .running(let permille) = job.state {
                json.field("progress", number: JobState.fraction(permille: permille))
            }
            if job.state == .succeeded { json.field("output", array: [result(of: job, call)]) }
            if let (text, code) = Self.failure(of: job.state) {
                json.field("failure", text)
                json.field("failureCode", code)
            }
        }
    }

    /// Cancels a task that has not finished, and deletes one that has.
    @Sendable func deleteTask(_ call: Call) throws(Problem) -> SimAnswer {
        let job = try job(call)
        call.jobs.mark(job.id, job.state.isFinal ? .deleted : .cancelled)
        return SimAnswer(204, headers: [], body: .whole([]))
    }

    private static func status(of state: JobState) -> String {
        switch state {
        case .queued: "PENDING"
        case .running: "RUNNING"
        case .succeeded: "SUCCEEDED"
        case .failed, .moderated: "FAILED"
        case .cancelled: "CANCELLED"
        }
    }

    private static func failure(of state: JobState) -> (text: String, code: String)? {
        switch state {
        case .failed: ("An unexpected error occurred.", "INTERNAL.BAD_OUTPUT.CODE01")
        case .moderated: ("The content was flagged by the content rules.", "SAFETY.INPUT.TEXT")
        case .queued, .running, .succeeded, .cancelled: nil
        }
    }
}
