import Domain
import JSON
import Outbound

/// Replicate's predictions. Shapes are those of the vendor's SDK 1.0.7, which adds the version to every path itself.
struct ReplicateAdapter: MediaWire {
    let slug = "replicate"
    let displayName = "Replicate"
    let vendorEndpoint: String? = "https://api.replicate.com"

    func headers(_ key: Secret) -> [(String, String)] { [("Authorization", "Bearer " + key.exposeText())] }

    func prove(_ call: VendorCall) throws(Failure) {
        try call.succeed(.get("/v1/account")) { answer throws(AnswerProblem) in
            guard ["user", "organization"].contains(answer["type"]?.string), answer["username"]?.string != nil else {
                throw .unexpectedShape
            }
        }
    }

    /// There are tens of thousands; these are the first, in the vendor's own order.
    private static let maxPages = 10

    func models(_ call: VendorCall) throws(Failure) -> ModelList {
        var models: [ListedModel] = []
        var request = WireRequest.get("/v1/models")
        for _ in 0..<Self.maxPages {
            let page = try call.succeed(request) { answer throws(AnswerProblem) in
                (models: try Self.models(in: answer), next: answer["next"]?.string)
            }
            models += page.models
            guard let next = call.returned("GET", page.next, isVendorHost: { $0 == "api.replicate.com" }) else {
                return ModelList(models, isComplete: page.next == nil)
            }
            request = next
        }
        return ModelList(models, isComplete: false)
    }

    private static func models(in page: JSONValue) throws(AnswerProblem) -> [ListedModel] {
        var models: [ListedModel] = []
        for model in try page.require("results", \.array) {
            let name = try model.require("name", \.string)
            models.append(ListedModel(id: try model.require("owner", \.string) + "/" + name, name: name))
        }
        return models
    }

    func submit(_ generation: GenerationRequest, _ call: VendorCall) throws(Failure) -> JobReference {
        let (target, version) = try Self.place(of: generation.model)
        let request = WireRequest.post(target) { json in
            json.fieldIfPresent("version", version)
            json.field("input", generation.input)
        }
        return try call.succeed(request) { answer throws(AnswerProblem) in
            _ = try answer.require("status", \.string)
            return JobReference(id: try answer.jobID("id"), model: generation.model)
        }
    }

    /// `owner/name` is one of the vendor's official models, `owner/name:version` and `version` any model, and
    /// `deployments/owner/name` one that the account runs for itself.
    private static func place(of model: String) throws(Failure) -> (target: String, version: String?) {
        if let version = model.split(separator: ":", omittingEmptySubsequences: false).last.map(String.init),
            model.utf8.contains(UInt8(ascii: ":"))
        {
            let name = String(model.dropLast(version.count + 1))
            _ = try PathWord.parts(of: name, 2...2)
            _ = try PathWord.parts(of: version, 1...1)
            return ("/v1/predictions", version)
        }
        let parts = try PathWord.parts(of: model, 1...3)
        switch parts.count {
        case 1: return ("/v1/predictions", model)
        case 2: return ("/v1/models/\(model)/predictions", nil)
        default:
            guard parts.first == "deployments" else {
                throw .invalid("model", "is not a model's name at this provider")
            }
            return ("/v1/\(model)/predictions", nil)
        }
    }

    func poll(_ job: JobReference, _ call: VendorCall) throws(Failure) -> GenerationStatus {
        try call.succeed(.get("/v1/predictions/\(job.id)"), about: .job) { answer throws(AnswerProblem) in
            switch answer["status"]?.string {
            case "starting": return .queued
            case "processing": return .running(percent: nil)
            case "succeeded": return .succeeded(output: answer["output"] ?? .null, cost: nil)
            case "failed": return self.failure(answer["error"])
            case "canceled", "aborted": return .cancelled
            default: throw .unexpectedShape
            }
        }
    }

    /// The text is all there is. E005 is the vendor's number for input or output that was flagged.
    private func failure(_ error: JSONValue?) -> GenerationStatus {
        let isModeration = VendorMessage(error).contains("nsfw", "e005", "flagged as sensitive")
        return isModeration ? .moderated : .failed(.ofJob(.overloaded, displayName))
    }

    func cancel(_ job: JobReference, _ call: VendorCall) throws(Failure) -> CancelOutcome {
        let answer = try call.send(
            WireRequest(method: "POST", target: "/v1/predictions/\(job.id)/cancel", body: []))
        if answer.status == 404, answer.json?.object != nil { return .notFound }
        guard answer.isSuccess else { throw call.failure(answer, about: .job) }
        return try call.read(answer) { prediction throws(AnswerProblem) in
            switch prediction["status"]?.string {
            case "canceled", "aborted": return .cancelled
            case "starting", "processing": return .requested
            case "succeeded", "failed": return .alreadyFinished
            default: throw .unexpectedShape
            }
        }
    }

    /// Problem details: `title`, `detail`, `status`. How long to wait stands in the text.
    func vendorError(in answer: ProviderAnswer) -> VendorError {
        let message = VendorMessage(answer.json?["detail"])
        let isAboutMoney = 400..<500 ~= answer.status && message.isAboutMoney
        let isUnknown = answer.status == 422 && message.contains("invalid version or not permitted")
        return VendorError(
            kind: isAboutMoney ? .outOfMoney : isUnknown ? .gone : nil,
            retryAfter: answer.status == 429 ? Self.wait(in: answer.json?["detail"]?.string ?? "") : nil)
    }

    /// The seconds of `Your rate limit resets in ~30s.`
    private static func wait(in text: String) -> Int? {
        let words = text.utf8.prefix(1_000).split { $0 == UInt8(ascii: " ") }
        guard let at = words.firstIndex(where: { $0.elementsEqual("resets".utf8) }), words.indices.contains(at + 2)
        else { return nil }
        let digits = words[at + 2].drop { $0 == UInt8(ascii: "~") }.prefix { 0x30...0x39 ~= $0 }
        return RetryAfter.read(duration: String(decoding: digits, as: UTF8.self) + "s")
    }
}
