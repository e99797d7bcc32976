import Domain
import JSON

extension FalAdapter {
    /// Hosts that the queue's URLs lead to.
    private static func isVendorHost(_ host: String) -> Bool { ["queue.fal.run", "queue.falrun.com"].contains(host) }

    func submit(_ generation: GenerationRequest, _ call: VendorCall) throws(Failure) -> JobReference {
        let parts = try PathWord.parts(of: generation.model, 2...8)
        let target = "/" + parts.joined(separator: "/")
        return try call.succeed(.post(target, generation.input)) { answer throws(AnswerProblem) in
            var job = JobReference(id: try answer.jobID("request_id"), model: generation.model)
            job.statusURL = try answer.require("status_url", \.string)
            job.resultURL = try answer.require("response_url", \.string)
            job.cancelURL = try answer.require("cancel_url", \.string)
            return job
        }
    }

    func reference(model: String, id: String) throws(Failure) -> JobReference {
        _ = try PathWord.parts(of: model, 2...8)
        return JobReference(id: id, model: model)
    }

    /// There is no status for a failure: it is COMPLETED with an error, which may only come with the result.
    func poll(_ job: JobReference, _ call: VendorCall) throws(Failure) -> GenerationStatus {
        let request = try request("GET", job.statusURL, job, "/status", call)
        let answer = try call.succeed(request, about: .job) { $0 }
        switch answer["status"]?.string {
        case "IN_QUEUE": return .queued
        case "IN_PROGRESS": return .running(percent: nil)
        case "CANCELLED": return .cancelled
        case "FAILED": return failure(answer)
        case "COMPLETED":
            if let error = answer["error"], !error.isNull { return failure(answer) }
            return try result(job, call)
        default: throw .upstream(.of(.unexpectedShape, displayName, status: 200))
        }
    }

    private func result(_ job: JobReference, _ call: VendorCall) throws(Failure) -> GenerationStatus {
        let answer = try call.send(request("GET", job.resultURL, job, "", call))
        if answer.isSuccess {
            return try call.read(answer) { output throws(AnswerProblem) in .succeeded(output: output, cost: nil) }
        }
        let json = answer.json ?? .null
        // The model's own error comes with a list, or as 422; anything else is about this request and not the job.
        guard json["detail"]?.array != nil || answer.status == 422 else {
            throw call.failure(answer, about: .job)
        }
        if Self.isModeration(json) { return .moderated }
        return .failed(.ofJob(answer.status >= 500 ? .overloaded : .badRequest, displayName))
    }

    private func failure(_ answer: JSONValue) -> GenerationStatus {
        switch answer["error_type"]?.string {
        case "client_cancelled": .cancelled
        case "content_policy_violation": .moderated
        case "request_timeout", "startup_timeout": .failed(.ofJob(.timedOut, displayName))
        case "bad_request", "invalid_request": .failed(.ofJob(.badRequest, displayName))
        default: .failed(.ofJob(.overloaded, displayName))
        }
    }

    func cancel(_ job: JobReference, _ call: VendorCall) throws(Failure) -> CancelOutcome {
        let answer = try call.send(request("PUT", job.cancelURL, job, "/cancel", call))
        switch answer.json?["status"]?.string {
        case "OK": return .cancelled
        case "CANCELLATION_REQUESTED": return .requested
        case "ALREADY_COMPLETED": return .alreadyFinished
        case "NOT_FOUND": return .notFound
        default:
            if answer.status == 404, answer.json?.object != nil { return .notFound }
            guard answer.isSuccess else { throw call.failure(answer, about: .job) }
            throw .upstream(.of(.unexpectedShape, displayName, status: answer.status))
        }
    }

    /// The returned URL, or the one that is known for the first two parts of the model's name: the rest is only there
    /// on submission.
    private func request(
        _ method: String, _ url: String?, _ job: JobReference, _ suffix: String, _ call: VendorCall
    ) throws(Failure) -> WireRequest {
        if let request = call.returned(method, url, isVendorHost: Self.isVendorHost) { return request }
        let app = try PathWord.parts(of: job.model, 2...8).prefix(2).joined(separator: "/")
        return WireRequest(method: method, target: "/\(app)/requests/\(job.id)\(suffix)", body: [])
    }
}
