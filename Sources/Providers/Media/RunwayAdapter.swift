import Domain
import JSON
import Outbound

/// Runway's tasks. Shapes and the models of each endpoint are those of the vendor's SDK 5.24.0.
struct RunwayAdapter: MediaWire {
    let slug = "runway_ml"
    let displayName = "Runway ML"
    let vendorEndpoint: String? = "https://api.dev.runwayml.com"

    func headers(_ key: Secret) -> [(String, String)] {
        [("Authorization", "Bearer " + key.exposeText()), ("X-Runway-Version", "2024-11-06")]
    }

    func prove(_ call: VendorCall) throws(Failure) { _ = try organization(call) }

    func balance(_ call: VendorCall) throws(Failure) -> ReportedBalance? { try organization(call).balance }

    /// There is no list of models; an account's tier names those that it may use.
    func models(_ call: VendorCall) throws(Failure) -> ModelList {
        ModelList(try organization(call).models.map { ListedModel(id: $0, name: $0) }, isComplete: false)
    }

    private func organization(_ call: VendorCall) throws(Failure) -> (balance: ReportedBalance, models: [String]) {
        try call.succeed(.get("/v1/organization")) { answer throws(AnswerProblem) in
            let models = try answer.require("tier", \.objectItself).require("models", \.object)
            return (try answer.require("creditBalance", \.dollars), models.members.map(\.name))
        }
    }

    func submit(_ generation: GenerationRequest, _ call: VendorCall) throws(Failure) -> JobReference {
        _ = try PathWord.parts(of: generation.model, 1...1)
        let body = generation.input.following([("model", .string(generation.model))])
        let target = "/v1/" + Self.endpoint(of: generation)
        return try call.succeed(.post(target, body)) { answer throws(AnswerProblem) in
            JobReference(id: try answer.jobID("id"), model: generation.model)
        }
    }

    /// Most models have one endpoint; those that make videos have several, which their input tells apart.
    private static func endpoint(of generation: GenerationRequest) -> String {
        if generation.model == "mirelo_sfx_2_0" {
            return generation.input["videoUri"] == nil ? "sound_effect" : "video_to_audio"
        }
        if let endpoint = endpoints.first(where: { $0.models.contains(generation.model) }) { return endpoint.path }
        if generation.input["promptImage"] != nil { return "image_to_video" }
        return generation.input["videoUri"] != nil ? "video_to_video" : "text_to_video"
    }

    private static let endpoints: [(path: String, models: Set<String>)] = [
        (
            "text_to_image",
            [
                "gen4_image", "gen4_image_turbo", "gpt_image_2", "gpt_image_2_5_flare", "gpt_image_2_5_sunburst",
                "gemini_2.5_flash", "gemini_image3.1_flash", "gemini_image3.1_flash_lite", "gemini_image3_pro",
                "muse_image", "seedream5_pro", "seedream5_lite", "seedream5_flash", "grok_imagine_image_2",
                "bria_fibo_1_5", "bria_fibo_edit_1_5", "ideogram_4_0", "ideogram_4_5", "nano_banana_2.1",
                "recraft_v4_1_flash", "recraft_v4_1_vector",
            ]
        ),
        ("character_performance", ["act_two"]),
        ("text_to_speech", ["seed_audio", "eleven_v4", "eleven_v3", "eleven_multilingual_v2"]),
        ("sound_effect", ["eleven_text_to_sound_v2"]),
        ("speech_to_speech", ["eleven_multilingual_sts_v2"]),
        ("image_upscale", ["magnific_precision_upscaler_v2"]),
        ("video_upscale", ["magnific_video_upscaler_creative", "enhance_frame_rate"]),
        ("video_to_hdr", ["ruby"]),
        ("voice_isolation", ["eleven_voice_isolation"]),
        ("voice_dubbing", ["eleven_voice_dubbing"]),
        ("avatar_videos", ["gwm1_avatars"]),
    ]

    func poll(_ job: JobReference, _ call: VendorCall) throws(Failure) -> GenerationStatus {
        try call.succeed(.get("/v1/tasks/\(job.id)"), about: .job) { answer throws(AnswerProblem) in
            switch answer["status"]?.string {
            // THROTTLED waits for one of the account's own tasks: to submit again would only lengthen the queue.
            case "PENDING", "THROTTLED": return .queued
            case "RUNNING": return .running(percent: answer["progress"]?.percent)
            case "SUCCEEDED":
                return .succeeded(
                    output: try answer.require("output") { $0 }, cost: answer["cost"]?["credits"]?.dollars)
            case "FAILED": return self.failure(answer["failureCode"])
            case "CANCELLED": return .cancelled
            default: throw .unexpectedShape
            }
        }
    }

    private func failure(_ code: JSONValue?) -> GenerationStatus {
        let code = VendorMessage(code)
        if code.contains("safety") { return .moderated }
        return .failed(.ofJob(code.contains("asset.", "input_preprocessing") ? .badRequest : .overloaded, displayName))
    }

    /// The vendor's call deletes a task that has finished, with its result, so the task is looked at first. One that
    /// finishes between the two calls is still lost; the vendor has no other way.
    func cancel(_ job: JobReference, _ call: VendorCall) throws(Failure) -> CancelOutcome {
        let found = try call.send(.get("/v1/tasks/\(job.id)"))
        if found.status == 404, found.json?.object != nil { return .notFound }
        guard found.isSuccess else { throw call.failure(found, about: .job) }
        switch found.json?["status"]?.string {
        case "PENDING", "THROTTLED", "RUNNING": break
        case "CANCELLED": return .cancelled
        case "SUCCEEDED", "FAILED": return .alreadyFinished
        default: throw .upstream(.of(.unexpectedShape, displayName, status: found.status))
        }
        let answer = try call.send(WireRequest(method: "DELETE", target: "/v1/tasks/\(job.id)", body: []))
        if answer.status == 404 { return .notFound }
        guard answer.isSuccess else { throw call.failure(answer, about: .job) }
        return .cancelled
    }

    /// `error` is a text. Having too few credits is a 400 like a wrong parameter.
    func vendorError(in answer: ProviderAnswer) -> VendorError {
        let message = VendorMessage(answer.json?["error"])
        return VendorError(kind: 400..<500 ~= answer.status && message.isAboutMoney ? .outOfMoney : nil)
    }
}
