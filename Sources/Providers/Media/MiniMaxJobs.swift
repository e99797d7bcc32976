import Domain
import JSON

extension MiniMaxAdapter {
    func submit(_ generation: GenerationRequest, _ call: VendorCall) throws(Failure) -> JobReference {
        _ = try PathWord.parts(of: generation.model, 1...1)
        let model = ("model", JSONValue.string(generation.model))
        switch Self.api(of: generation.model) {
        case .video:
            return try start("/v1/video_generation", generation.input.following([model]), generation.model, call)
        case .newVideo:
            let body = Self.withContent(generation.input).following([model])
            return try start("/v2/video_generation", body, generation.model, call)
        case .picture:
            try Self.check(generation.input, "response_format")
            return try picture(generation.input.following([model]), generation.model, call)
        case .music:
            try Self.check(generation.input, "output_format")
            // Without this the vendor sends the sound itself.
            let body = generation.input.following([model, ("output_format", .string("url"))])
            return try music(body, generation.model, call)
        }
    }

    func reference(model: String, id: String) throws(Failure) -> JobReference {
        guard [.video, .newVideo].contains(Self.api(of: model)) else {
            throw .invalid("model", "is answered at once and leaves no job")
        }
        return JobReference(id: id, model: model)
    }

    /// Version 2 wants a list of parts; a bare `prompt` becomes the one of text.
    private static func withContent(_ input: JSONObject) -> JSONObject {
        guard input["content"] == nil, let prompt = input["prompt"] else { return input }
        let part = JSONObject([
            JSONObject.Member(name: "type", value: .string("text")), JSONObject.Member(name: "text", value: prompt),
        ])
        let rest = JSONObject(input.members.filter { $0.name != "prompt" })
        return rest.following([("content", .array([.object(part)]))])
    }

    /// A result that is answered at once is kept with the job, so it may hold links but no files.
    private static func check(_ input: JSONObject, _ field: String) throws(Failure) {
        guard let format = input[field], format.string != "url" else { return }
        throw .invalid("input.\(field)", "must be url")
    }

    private func start(
        _ target: String, _ body: JSONObject, _ model: String, _ call: VendorCall
    ) throws(Failure) -> JobReference {
        try call.succeed(.post(target, body)) { answer throws(AnswerProblem) in
            JobReference(id: try answer.jobID("task_id"), model: model)
        }
    }

    private func picture(_ body: JSONObject, _ model: String, _ call: VendorCall) throws(Failure) -> JobReference {
        try call.succeed(.post("/v1/image_generation", body)) { answer throws(AnswerProblem) in
            let data = try answer.require("data", \.objectItself)
            _ = try data.require("image_urls", \.array)
            var job = JobReference(id: try answer.jobID("id"), model: model)
            job.output = data
            return job
        }
    }

    private func music(_ body: JSONObject, _ model: String, _ call: VendorCall) throws(Failure) -> JobReference {
        try call.succeed(.post("/v1/music_generation", body)) { answer throws(AnswerProblem) in
            let data = try answer.require("data", \.objectItself)
            _ = try data.require("audio", \.string)
            var job = JobReference(id: try answer.jobID("trace_id"), model: model)
            job.output = data
            return job
        }
    }

    func poll(_ job: JobReference, _ call: VendorCall) throws(Failure) -> GenerationStatus {
        Self.api(of: job.model) == .newVideo ? try pollNew(job, call) : try pollOld(job, call)
    }

    /// A job that failed by the content rules has its code where other answers have that of the request.
    private func pollOld(_ job: JobReference, _ call: VendorCall) throws(Failure) -> GenerationStatus {
        let answer = try call.send(.get("/v1/query/video_generation?task_id=\(job.id)"))
        let code = Self.code(in: answer.json)
        let status = answer.json?["status"]?.string
        if answer.isSuccess, ["Fail", "Failed"].contains(status) {
            return Self.isModeration(code) ? .moderated : .failed(.ofJob(.overloaded, displayName))
        }
        guard isSuccess(answer) else {
            if Self.isModeration(code) { return .moderated }
            // A bad parameter: there is no other one than the ID.
            if answer.isSuccess, code == 2_013 {
                throw .upstream(.unknownJob(displayName, status: answer.status))
            }
            throw call.failure(answer, about: .job)
        }
        switch status {
        case "Preparing", "Queueing": return .queued
        case "Processing", "Unknown": return .running(percent: nil)
        case "Success":
            let file = try call.read(answer) { json throws(AnswerProblem) in try json.jobID("file_id") }
            return try fetch(file, call)
        default: throw .upstream(.of(.unexpectedShape, displayName, status: answer.status))
        }
    }

    /// The link lives for an hour, so it is fetched when it is asked for.
    private func fetch(_ file: String, _ call: VendorCall) throws(Failure) -> GenerationStatus {
        try call.succeed(.get("/v1/files/retrieve?file_id=\(file)"), about: .job) { answer throws(AnswerProblem) in
            let file = try answer.require("file", \.objectItself)
            _ = try file.require("download_url", \.string)
            return .succeeded(output: file, cost: nil)
        }
    }

    private func pollNew(_ job: JobReference, _ call: VendorCall) throws(Failure) -> GenerationStatus {
        try call.succeed(.get("/v2/query/video_generation/\(job.id)"), about: .job) { answer throws(AnswerProblem) in
            let task = try answer.require("task", \.objectItself)
            switch task["status"]?.string {
            case "queued": return .queued
            case "running": return .running(percent: nil)
            case "succeeded": return .succeeded(output: try task.require("content") { $0 }, cost: nil)
            case "failed": return self.failure(task["error"])
            case "expired": return .failed(.ofJob(.timedOut, self.displayName))
            case "cancelled": return .cancelled
            default: throw .unexpectedShape
            }
        }
    }

    private func failure(_ error: JSONValue?) -> GenerationStatus {
        let code = VendorMessage(error?["code"].map { .string($0.string ?? $0.number?.text ?? "") })
        return code.contains("1026", "1027", "sensitive") ? .moderated : .failed(.ofJob(.overloaded, displayName))
    }
}
