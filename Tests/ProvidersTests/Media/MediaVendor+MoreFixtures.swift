import Domain
import JSON

@testable import Providers

extension MediaVendor {
    static let blackForestLabs = MediaVendor(
        slug: "black_forest_labs", headers: ["x-key": Vendor.key], validation: "GET /v1/credits",
        validationAnswer: #"{"credits":12.345}"#, model: "flux-2-pro", submissionTarget: "/v1/flux-2-pro",
        submissionBody: #"{"prompt":"Say \"hello\"","seed":7}"#,
        submissionAnswer: #"{"id":"\#(id)","polling_url":"ORIGIN/v1/get_result?id=\#(id)&region=eu","cost":3.5}"#,
        badKey: [
            .answer(403, #"{"detail":"Not authenticated - Invalid Authentication"}"#),
            .answer(403, #"{"detail":"Not authenticated"}"#), .answer(401, "{}"),
        ],
        forbidden: .answer(403, #"{"detail":"This organization may not"}"#),
        outOfMoney: [.answer(402, #"{"detail":"Insufficient credits"}"#)],
        rateLimited: .answer(429, #"{"detail":"Too many active tasks"}"#, headers: [("Retry-After", "9")]),
        polls: [
            blackForestPoll(#""Pending","progress":null"#, .queued),
            blackForestPoll(#""Pending","progress":0.5"#, .running(percent: 50)),
            blackForestPoll(
                #""Ready","result":{"seed":1}"#,
                .succeeded(
                    output: .object(JSONObject([.init(name: "seed", value: .number(JSONNumber(1)))])), cost: nil)),
            blackForestPoll(#""Request Moderated""#, .moderated), blackForestPoll(#""Content Moderated""#, .moderated),
            blackForestPoll(
                #""Error""#, .failed(UpstreamFailure(.overloaded, "Black Forest Labs failed to run the job"))),
        ],
        cancels: [Case(script: [], result: .notSupported, asked: [])],
        unknownJob: .answer(200, #"{"id":"x","status":"Task not found","result":null}"#))

    private static func blackForestPoll(_ members: String, _ status: GenerationStatus) -> Case<GenerationStatus> {
        Case(
            script: [.answer(200, #"{"id":"\#(id)","status":\#(members)}"#)], result: status,
            asked: ["GET /v1/get_result?id=\(id)"])
    }

    static let miniMax = MediaVendor(
        slug: "minimax", headers: ["authorization": "Bearer \(Vendor.key)"], validation: "GET /v1/models",
        validationAnswer: #"{"object":"list","data":[{"id":"MiniMax-M3","object":"model","owned_by":"minimax"}]}"#,
        model: "MiniMax-Hailuo-02", submissionTarget: "/v1/video_generation",
        submissionBody: #"{"model":"MiniMax-Hailuo-02","prompt":"Say \"hello\"","seed":7}"#,
        submissionAnswer: #"{"task_id":"\#(id)",\#(success)}"#,
        badKey: [
            .answer(401, #"{"type":"error","error":{"type":"authorized_error","message":"login fail (1004)"}}"#),
            miniMaxError(1_004), miniMaxError(2_049),
        ],
        forbidden: miniMaxError(2_061),
        outOfMoney: [
            miniMaxError(1_008),
            .answer(402, #"{"type":"error","error":{"type":"insufficient_balance_error","message":"x"}}"#),
        ],
        rateLimited: .answer(
            429, #"{"type":"error","error":{"type":"rate_limit_error","message":"x"}}"#,
            headers: [("Retry-After", "9")]),
        polls: [
            miniMaxPoll([.answer(200, #"{"status":"Preparing",\#(success)}"#)], .queued),
            miniMaxPoll([.answer(200, #"{"status":"Queueing",\#(success)}"#)], .queued),
            miniMaxPoll([.answer(200, #"{"status":"Processing",\#(success)}"#)], .running(percent: nil)),
            miniMaxPoll(
                [
                    .answer(200, #"{"status":"Success","file_id":"8",\#(success)}"#),
                    .answer(200, #"{"file":{"download_url":"u"},\#(success)}"#),
                ],
                .succeeded(
                    output: .object(JSONObject([.init(name: "download_url", value: .string("u"))])), cost: nil)),
            miniMaxPoll(
                [.answer(200, #"{"status":"Fail",\#(success)}"#)],
                .failed(UpstreamFailure(.overloaded, "MiniMax failed to run the job"))),
            miniMaxPoll([.answer(200, #"{"status":"Failed","base_resp":{"status_code":1027}}"#)], .moderated),
            miniMaxPoll([miniMaxError(1_026)], .moderated),
        ],
        cancels: [Case(script: [], result: .notSupported, asked: [])],
        unknownJob: .answer(404, #"{"type":"error","error":{"type":"not_found_error","message":"x"}}"#))

    static let success = #""base_resp":{"status_code":0,"status_msg":"success"}"#

    static func miniMaxError(_ code: Int) -> Step {
        .answer(200, #"{"base_resp":{"status_code":\#(code),"status_msg":"EchoedText"}}"#)
    }

    private static func miniMaxPoll(_ script: [Step], _ status: GenerationStatus) -> Case<GenerationStatus> {
        Case(
            script: script, result: status,
            asked: Array(
                ["GET /v1/query/video_generation?task_id=\(id)", "GET /v1/files/retrieve?file_id=8"]
                    .prefix(script.count)))
    }
}
