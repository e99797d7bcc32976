import Domain
import JSON

@testable import Providers

// Bodies are those of the vendors' SDKs and documentation, shortened.
extension MediaVendor {
    static let fal = MediaVendor(
        slug: "fal_ai", headers: ["authorization": "Key \(Vendor.key)"],
        validation: "GET /v1/models/pricing?endpoint_id=fal-ai/flux/schnell",
        validationAnswer: #"""
            {"prices":[{"endpoint_id":"fal-ai/flux/schnell","unit_price":0.003,"unit":"megapixels","currency":"USD"}],
            "next_cursor":null,"has_more":false}
            """#,
        model: "fal-ai/flux/schnell", submissionTarget: "/fal-ai/flux/schnell",
        submissionBody: #"{"prompt":"Say \"hello\"","seed":7}"#,
        submissionAnswer: falJob("ORIGIN/elsewhere"),
        badKey: [
            .answer(401, #"{"detail":"No user found for Key ID and Secret \#(Vendor.key)"}"#),
            .answer(401, #"{"error":{"type":"authorization_error","message":"Invalid"}}"#),
        ],
        forbidden: .answer(403, #"{"detail":"Access denied"}"#),
        outOfMoney: [
            .answer(403, #"{"detail":"User is locked. Reason: Exhausted balance. Top up at fal.ai"}"#),
            .answer(402, "{}"),
        ],
        rateLimited: .answer(429, #"{"detail":"Too many requests"}"#, headers: [("Retry-After", "9")]),
        polls: [
            falPoll([.answer(202, #"{"status":"IN_QUEUE","queue_position":0}"#)], .queued),
            falPoll([.answer(202, #"{"status":"IN_PROGRESS","logs":null}"#)], .running(percent: nil)),
            falPoll(
                [.answer(200, #"{"status":"COMPLETED","logs":null}"#), .answer(200, #"{"images":[]}"#)],
                .succeeded(output: .object(JSONObject([.init(name: "images", value: .array([]))])), cost: nil)),
            falPoll(
                [
                    .answer(200, #"{"status":"COMPLETED"}"#),
                    .answer(422, #"{"detail":[{"type":"content_policy_violation","loc":[],"msg":"x"}]}"#),
                ], .moderated),
            falPoll(
                [
                    .answer(200, #"{"status":"COMPLETED"}"#),
                    .answer(422, #"{"detail":[{"type":"image_too_small","loc":[],"msg":"x"}]}"#),
                ], .failed(UpstreamFailure(.badRequest, "Fal.ai found the job's input unusable"))),
            falPoll(
                [.answer(200, #"{"status":"COMPLETED","error":"x","error_type":"runner_disconnected"}"#)],
                .failed(UpstreamFailure(.overloaded, "Fal.ai failed to run the job"))),
            falPoll(
                [.answer(200, #"{"status":"COMPLETED","error":"x","error_type":"request_timeout"}"#)],
                .failed(UpstreamFailure(.timedOut, "Fal.ai did not finish the job in time"))),
            falPoll(
                [.answer(200, #"{"status":"COMPLETED","error":"x","error_type":"client_cancelled"}"#)], .cancelled),
        ],
        cancels: [
            falCancel(200, "OK", .cancelled), falCancel(202, "CANCELLATION_REQUESTED", .requested),
            falCancel(400, "ALREADY_COMPLETED", .alreadyFinished), falCancel(404, "NOT_FOUND", .notFound),
        ],
        unknownJob: .answer(404, #"{"detail":"Request not found"}"#))

    static func falJob(_ url: String) -> String {
        #"""
        {"status":"IN_QUEUE","request_id":"\#(id)","response_url":"\#(url)","status_url":"\#(url)/status",
        "cancel_url":"\#(url)/cancel","queue_position":0}
        """#
    }

    private static func falPoll(_ script: [Step], _ status: GenerationStatus) -> Case<GenerationStatus> {
        let request = "GET /fal-ai/flux/requests/\(id)"
        return Case(
            script: script, result: status, asked: Array([request + "/status", request].prefix(script.count)))
    }

    private static func falCancel(_ status: Int, _ word: String, _ outcome: CancelOutcome) -> Case<CancelOutcome> {
        Case(
            script: [.answer(status, #"{"status":"\#(word)"}"#)], result: outcome,
            asked: ["PUT /fal-ai/flux/requests/\(id)/cancel"])
    }

    static let replicate = MediaVendor(
        slug: "replicate", headers: ["authorization": "Bearer \(Vendor.key)"], validation: "GET /v1/account",
        validationAnswer: #"{"type":"user","username":"someone","name":"Some One"}"#,
        model: "black-forest-labs/flux-schnell",
        submissionTarget: "/v1/models/black-forest-labs/flux-schnell/predictions",
        submissionBody: #"{"input":{"prompt":"Say \"hello\"","seed":7}}"#,
        submissionAnswer: #"{"id":"\#(id)","status":"starting","version":"hidden","urls":{"get":"x"}}"#,
        badKey: [
            .answer(401, #"{"title":"Unauthenticated","detail":"You did not pass a valid token","status":401}"#)
        ],
        forbidden: .answer(403, #"{"detail":"no","status":403}"#),
        outOfMoney: [
            .answer(402, #"{"title":"Insufficient credit","status":402}"#),
            .answer(403, #"{"detail":"You have insufficient credit"}"#),
        ],
        rateLimited: .answer(429, #"{"detail":"Request was throttled. Your rate limit resets in ~9s."}"#),
        polls: [
            replicatePoll(#""starting""#, .queued), replicatePoll(#""processing""#, .running(percent: nil)),
            replicatePoll(#""succeeded","output":"u""#, .succeeded(output: .string("u"), cost: nil)),
            replicatePoll(
                #""failed","error":"boom""#, .failed(UpstreamFailure(.overloaded, "Replicate failed to run the job"))),
            replicatePoll(#""failed","error":"It was flagged as sensitive. (E005)""#, .moderated),
            replicatePoll(#""canceled""#, .cancelled), replicatePoll(#""aborted""#, .cancelled),
        ],
        cancels: [
            replicateCancel("canceled", .cancelled), replicateCancel("processing", .requested),
            replicateCancel("succeeded", .alreadyFinished),
            Case(
                script: [.answer(404, #"{"detail":"x"}"#)], result: .notFound,
                asked: ["POST /v1/predictions/\(id)/cancel"]),
        ],
        unknownJob: .answer(404, #"{"title":"Not found","detail":"x","status":404}"#))

    private static func replicatePoll(_ members: String, _ status: GenerationStatus) -> Case<GenerationStatus> {
        Case(
            script: [.answer(200, #"{"id":"\#(id)","status":\#(members)}"#)], result: status,
            asked: ["GET /v1/predictions/\(id)"])
    }

    private static func replicateCancel(_ word: String, _ outcome: CancelOutcome) -> Case<CancelOutcome> {
        Case(
            script: [.answer(200, #"{"id":"\#(id)","status":"\#(word)"}"#)], result: outcome,
            asked: ["POST /v1/predictions/\(id)/cancel"])
    }

    static let runway = MediaVendor(
        slug: "runway_ml",
        headers: ["authorization": "Bearer \(Vendor.key)", "x-runway-version": "2024-11-06"],
        validation: "GET /v1/organization",
        validationAnswer: #"""
            {"creditBalance":12345,"tier":{"maxMonthlyCreditSpend":1,"models":{"gen4_turbo":{
            "maxConcurrentGenerations":1,"maxDailyGenerations":null},"gen4.5":{}}},"usage":{"models":{}}}
            """#,
        model: "gen4.5", input: #"{"promptText":"a","ratio":"1280:720","model":"another"}"#,
        submissionTarget: "/v1/text_to_video",
        submissionBody: #"{"model":"gen4.5","promptText":"a","ratio":"1280:720"}"#,
        submissionAnswer: #"{"id":"\#(id)","estimatedCost":{"credits":60}}"#,
        badKey: [.answer(401, #"{"error":"The API key is invalid: \#(Vendor.key)"}"#)],
        forbidden: .answer(403, #"{"error":"no"}"#),
        outOfMoney: [
            .answer(400, #"{"error":"You do not have enough credits to run this task."}"#), .answer(402, "{}"),
        ],
        rateLimited: .answer(429, #"{"error":"daily quota"}"#, headers: [("Retry-After", "9")]),
        polls: [
            runwayPoll(#""PENDING","estimatedCost":{"credits":60}"#, .queued), runwayPoll(#""THROTTLED""#, .queued),
            runwayPoll(#""RUNNING","progress":0.299"#, .running(percent: 29)),
            runwayPoll(#""RUNNING""#, .running(percent: nil)),
            runwayPoll(
                #""SUCCEEDED","output":["u"],"cost":{"credits":61}"#,
                .succeeded(output: .array([.string("u")]), cost: dollars("0.61"))),
            runwayPoll(#""FAILED","failure":"x","failureCode":"SAFETY.INPUT.TEXT""#, .moderated),
            runwayPoll(
                #""FAILED","failure":"x","failureCode":"ASSET.INVALID""#,
                .failed(UpstreamFailure(.badRequest, "Runway ML found the job's input unusable"))),
            runwayPoll(
                #""FAILED","failure":"x""#, .failed(UpstreamFailure(.overloaded, "Runway ML failed to run the job"))),
            runwayPoll(#""CANCELLED""#, .cancelled),
        ],
        cancels: [
            runwayCancel(
                [.answer(200, #"{"status":"RUNNING"}"#), .raw("HTTP/1.1 204 No Content\r\n\r\n")], .cancelled),
            runwayCancel([.answer(200, #"{"status":"SUCCEEDED"}"#)], .alreadyFinished),
            runwayCancel([.answer(404, #"{"error":"x"}"#)], .notFound),
        ],
        unknownJob: .answer(404, #"{"error":"Not found"}"#))

    private static func runwayPoll(_ members: String, _ status: GenerationStatus) -> Case<GenerationStatus> {
        Case(
            script: [.answer(200, #"{"id":"\#(id)","status":\#(members)}"#)], result: status,
            asked: ["GET /v1/tasks/\(id)"])
    }

    private static func runwayCancel(_ script: [Step], _ outcome: CancelOutcome) -> Case<CancelOutcome> {
        Case(
            script: script, result: outcome,
            asked: Array(["GET /v1/tasks/\(id)", "DELETE /v1/tasks/\(id)"].prefix(script.count)))
    }

    static func dollars(_ text: String) -> ReportedMoney? {
        ExactDecimalSum(text).map { ReportedMoney(amount: $0, currency: "USD") }
    }
}
