import Domain
import JSON

extension MiniMax {
    @Sendable func submitVideo(_ call: Call) throws(Problem) -> SimAnswer {
        let body = try call.json()
        let model = try video(body, isNew: false)
        guard body["prompt"]?.string?.isEmpty == false || body.given("first_frame_image") != nil else {
            throw Self.invalid("invalid params, prompt is required")
        }
        let job = submitted(model, ordered(call), call)
        return .json { json in
            json.field("task_id", job.id)
            Self.write(code: 0, "success", to: &json)
        }
    }

    @Sendable func submitNewVideo(_ call: Call) throws(Problem) -> SimAnswer {
        let body = try call.json()
        let model = try video(body, isNew: true)
        guard
            body["content"]?.array?.contains(where: { $0["type"]?.string == "text" && $0["text"]?.string != nil })
                == true
        else { throw Self.invalid("content must have one item of text") }
        let job = submitted(model, ordered(call), call)
        return .json { $0.field("task_id", job.id) }
    }

    /// The model that the body names; version 2 is for the newest family only.
    private func video(_ body: JSONValue, isNew: Bool) throws(Problem) -> SimModel {
        guard let name = body["model"]?.string else { throw Self.invalid("invalid params, model is required") }
        guard name.hasPrefix("MiniMax-H3") == isNew else { throw .wrongKindOfModel(name) }
        return try model(name, .video)
    }

    @Sendable func queryVideo(_ call: Call) throws(Problem) -> SimAnswer {
        guard let id = call.request.parameter("task_id"), let job = job(id, call) else {
            throw Self.invalid("invalid params, task_id does not exist")
        }
        return .json { json in
            json.field("task_id", id)
            json.field("status", Self.status(of: job.state))
            json.field("file_id", job.state == .succeeded ? id : "")
            json.field("video_width", job.state == .succeeded ? 1_366 : 0)
            json.field("video_height", job.state == .succeeded ? 768 : 0)
            let isModerated = job.state == .moderated
            Self.write(code: isModerated ? 1_027 : 0, isModerated ? "output new_sensitive" : "success", to: &json)
        }
    }

    private static func status(of state: JobState) -> String {
        switch state {
        case .queued: "Queueing"
        case .running: "Processing"
        case .succeeded: "Success"
        case .failed, .moderated, .cancelled: "Fail"
        }
    }

    @Sendable func retrieveFile(_ call: Call) throws(Problem) -> SimAnswer {
        guard let id = call.request.parameter("file_id"), let job = job(id, call), job.state == .succeeded else {
            throw Self.invalid("invalid params, file_id does not exist")
        }
        return .json { json in
            json.field("file") {
                $0.field("file_id", id)
                $0.field("bytes", 20)
                $0.field("created_at", Int(job.ended.seconds))
                $0.field("filename", "output.mp4")
                $0.field("purpose", "video_generation")
                $0.field("download_url", result(of: job, call))
            }
            Self.write(code: 0, "success", to: &json)
        }
    }

    @Sendable func queryNewVideo(_ call: Call) throws(Problem) -> SimAnswer {
        let job = try job(call)
        return .json { json in
            json.field("task") {
                $0.field("id", job.id)
                $0.field("model", job.model.name)
                $0.field("status", Self.newStatus(of: job.state))
                if job.state == .succeeded {
                    $0.field("content") { $0.field("video_url", result(of: job, call)) }
                }
                if job.state == .failed || job.state == .moderated {
                    $0.field("error") {
                        $0.field("code", job.state == .failed ? "1000" : "1027")
                        $0.field("message", job.state == .failed ? "unknown error" : "output new_sensitive")
                    }
                }
            }
        }
    }

    private static func newStatus(of state: JobState) -> String {
        switch state {
        case .queued: "queued"
        case .running: "running"
        case .succeeded: "succeeded"
        case .failed, .moderated: "failed"
        case .cancelled: "cancelled"
        }
    }
}
