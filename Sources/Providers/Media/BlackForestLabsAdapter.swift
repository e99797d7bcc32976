import Domain
import JSON
import Outbound

/// Black Forest Labs' FLUX models. Shapes are those of the vendor's OpenAPI document of 2026-05-01.
struct BlackForestLabsAdapter: MediaWire {
    let slug = "black_forest_labs"
    let displayName = "Black Forest Labs"
    let vendorEndpoint: String? = "https://api.bfl.ai"

    func headers(_ key: Secret) -> [(String, String)] { [("x-key", key.exposeText())] }

    func prove(_ call: VendorCall) throws(Failure) { _ = try balance(call) }

    func balance(_ call: VendorCall) throws(Failure) -> ReportedBalance? {
        try call.succeed(.get("/v1/credits")) { answer throws(AnswerProblem) in
            try answer.require("credits", \.dollars)
        }
    }

    var listNeedsKey: Bool { false }

    /// There is no list: these are the paths of the OpenAPI document. Asks nothing of the provider.
    func models(
        _ credential: Credentials?, at endpoint: ProviderEndpoint, with client: HTTPClient
    ) throws(Failure) -> ModelList {
        ModelList(Self.models.map { ListedModel(id: $0, name: $0) }, isComplete: false)
    }

    private static let models = [
        "flux-2-pro", "flux-2-pro-preview", "flux-2-max", "flux-2-flex", "flux-2-klein-4b", "flux-2-klein-9b",
        "flux-pro-1.1", "flux-pro-1.1-ultra", "flux-dev", "flux-kontext-pro", "flux-kontext-max", "flux-pro-1.0-fill",
        "flux-pro-1.0-expand",
    ]

    /// With a `webhook_url` in the input the answer has no URL for polling.
    func submit(_ generation: GenerationRequest, _ call: VendorCall) throws(Failure) -> JobReference {
        _ = try PathWord.parts(of: generation.model, 1...1)
        return try call.succeed(.post("/v1/\(generation.model)", generation.input)) { answer throws(AnswerProblem) in
            var job = JobReference(id: try answer.jobID("id"), model: generation.model)
            job.statusURL = answer["polling_url"]?.string
            job.cost = answer["cost"]?.dollars
            return job
        }
    }

    /// The URL leads to the region that has the job, so it is only made from the ID where there is none.
    func poll(_ job: JobReference, _ call: VendorCall) throws(Failure) -> GenerationStatus {
        let returned = call.returned("GET", job.statusURL) { $0.hasSuffix(".bfl.ai") }
        let answer = try call.send(returned ?? .get("/v1/get_result?id=\(job.id)"))
        let status = answer.json?["status"]?.string
        guard answer.isSuccess || status == "Task not found" else { throw call.failure(answer, about: .job) }
        return try call.read(answer) { json throws(AnswerProblem) in
            switch status {
            case "Pending": return json["progress"]?.percent.map { .running(percent: $0) } ?? .queued
            case "Ready": return .succeeded(output: try json.require("result", \.objectItself), cost: job.cost)
            case "Request Moderated", "Content Moderated": return .moderated
            case "Error": return .failed(.ofJob(.overloaded, self.displayName))
            case "Task not found": throw .unknownJob
            default: throw .unexpectedShape
            }
        }
    }

    /// A bad key is a 403, of which the text says what it is about.
    func vendorError(in answer: ProviderAnswer) -> VendorError {
        let message = VendorMessage(answer.json?["detail"])
        if answer.status == 403, message.contains("not authenticated", "invalid authentication") {
            return VendorError(kind: .invalidCredential)
        }
        return VendorError(kind: 400..<500 ~= answer.status && message.isAboutMoney ? .outOfMoney : nil)
    }
}
