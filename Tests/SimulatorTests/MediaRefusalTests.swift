import JSON
import Simulator
import XCTest

/// What the media providers do not take, each in its own shape.
final class MediaRefusalTests: SimulatorTestCase {
    private func check(_ target: String, _ headers: [String: String], _ refused: [Refused]) throws {
        for row in refused {
            try expect(ask(target, row.body, headers: headers), row.status, row.path, row.value)
        }
    }

    func testFalGoesByTypes() throws {
        let key = ["Authorization": "Key a:b"]
        try check(
            "/fal_ai/fal-ai/flux/dev", key,
            [
                Refused("", 422, "detail.0.type", .string("json_invalid")),
                Refused("{}", 422, "detail.0.type", .string("missing")),
                Refused(#"{"prompt":""}"#, 422, "detail.0.loc.1", .string("prompt")),
            ])
        try expect(
            ask("/fal_ai/fal-ai/nothing", "{}", headers: key), 404, "detail",
            .string("Application 'fal-ai/nothing' not found"))
        XCTAssertEqual(ask("/fal_ai/fal-ai/flux-pro", #"{"prompt":"a"}"#, headers: key).status, 404, "retired")
        XCTAssertEqual(ask("/fal_ai/v1/models/pricing", headers: key).status, 400)
        XCTAssertEqual(ask("/fal_ai/v1/models/pricing?endpoint_id=x/y", headers: key).status, 404)
        XCTAssertEqual(ask("/fal_ai/v1/models/pricing?endpoint_id=fal-ai/flux/dev").status, 401)
        let listed = ask("/fal_ai/v1/models?limit=1&category=text-to-video")
        try expect(listed, 200, "models.0.endpoint_id", .string("fal-ai/minimax/video-01"))
        try expect(listed, 200, "next_cursor", .string("1"))
        let both = "endpoint_id=fal-ai/flux/dev,fal-ai/flux/schnell&endpoint_id=fal-ai/flux-2-pro"
        XCTAssertEqual(try json(ask("/fal_ai/v1/models/pricing?\(both)", headers: key))["prices"]?.array?.count, 3)
    }

    func testAJobOfFalIsBelowItsOwnAppOnly() throws {
        let key = ["Authorization": "Key a:b"]
        let submitted = try json(ask("/fal_ai/fal-ai/flux/dev", #"{"prompt":"a"}"#, headers: key))
        let id = try XCTUnwrap(submitted["request_id"]?.string)
        XCTAssertEqual(ask("/fal_ai/fal-ai/veo3/requests/\(id)/status", headers: key).status, 404)
        try expect(
            ask("/fal_ai/fal-ai/flux/requests/\(id)", headers: key), 400, "detail",
            .string("Request is still in progress"))
        let cancel = "/fal_ai/fal-ai/flux/requests/\(id)/cancel"
        try expect(ask(cancel, method: "PUT", headers: key), 200, "status", .string("OK"))
        try expect(ask(cancel, method: "PUT", headers: key), 400, "status", .string("ALREADY_COMPLETED"))
        try expect(
            ask("/fal_ai/fal-ai/flux/requests/x/cancel", method: "PUT", headers: key), 404, "status",
            .string("NOT_FOUND"))
    }

    func testReplicateAnswersWithProblemDetails() throws {
        let key = ["Authorization": "Bearer r8"]
        try check(
            "/replicate/v1/predictions", key,
            [
                Refused("", 400, "title", .string("Bad request")), Refused("{}", 422, "status", .int(422)),
                Refused(#"{"version":"x","input":{}}"#, 422, "detail", .string("Invalid version or not permitted")),
            ])
        let target = "/replicate/v1/models/minimax/video-01/predictions"
        for body in ["{}", #"{"input":[]}"#, #"{"input":{}}"#, #"{"input":{"prompt":""}}"#] {
            XCTAssertEqual(ask(target, body, headers: key).status, 422, body)
        }
        XCTAssertEqual(ask("/replicate/v1/models/no/body", headers: key).status, 404)
        XCTAssertEqual(ask("/replicate/v1/account", "{}", headers: key).status, 405)
    }

    func testRunwayWantsItsVersionAndTheRightEndpoint() throws {
        let key = ["Authorization": "Bearer key", "X-Runway-Version": "2024-11-06"]
        XCTAssertEqual(ask("/runway_ml/v1/organization", headers: ["Authorization": "Bearer key"]).status, 400)
        for body in [
            "", "{}", #"{"model":"gen4.5","promptText":"a"}"#, #"{"model":"gen4_turbo","promptText":"a","ratio":"r"}"#,
            #"{"model":"gen3a_turbo","promptText":"a","ratio":"r"}"#, #"{"model":"x","promptText":"a","ratio":"r"}"#,
            #"{"model":"gen4.5","promptText":"a","ratio":"r","duration":11}"#,
        ] {
            let answer = ask("/runway_ml/v1/text_to_video", body, headers: key)
            XCTAssertEqual(answer.status, 400, body)
            XCTAssertNotNil(try json(answer)["error"]?.string)
        }
    }

    func testBlackForestLabsNamesTheField() throws {
        let key = ["x-key": "k"]
        try check(
            "/black_forest_labs/v1/flux-pro-1.1", key,
            [
                Refused("{}", 422, "detail.0.loc.1", .string("prompt")),
                Refused(#"{"prompt":"a","width":100}"#, 422, "detail.0.loc.1", .string("width")),
                Refused(#"{"prompt":"a","safety_tolerance":7}"#, 422, "detail.0.loc.1", .string("safety_tolerance")),
            ])
        XCTAssertEqual(ask("/black_forest_labs/v1/flux-schnell", #"{"prompt":"a"}"#, headers: key).status, 404)
        let hooked = ask(
            "/black_forest_labs/v1/flux-dev", #"{"prompt":"a","webhook_url":"https://x.test"}"#, headers: key)
        XCTAssertNil(try json(hooked)["polling_url"], "the vendor leaves it out")
        try expect(hooked, 200, "status", .string("Pending"))
    }

    func testMiniMaxAnswersPicturesAndMusicAtOnce() throws {
        let key = ["Authorization": "Bearer key"]
        let picture = ask("/minimax/v1/image_generation", #"{"model":"image-01","prompt":"a","n":2}"#, headers: key)
        let url = try XCTUnwrap(member(try json(picture), "data.image_urls.1")?.string)
        XCTAssertEqual(ask(String(url.dropFirst("https://localhost".count))).status, 200)
        let music = ask("/minimax/v1/music_generation", #"{"model":"music-01","prompt":"a"}"#, headers: key)
        try expect(music, 200, "data.status", .int(2))
        for (path, body, code) in [
            ("image_generation", #"{"model":"image-01","prompt":"a","n":10}"#, 2_013),
            ("image_generation", #"{"model":"image-01","prompt":"[[job moderated]]"}"#, 1_026),
            ("image_generation", #"{"model":"music-01","prompt":"a"}"#, 2_013),
            ("music_generation", #"{"model":"music-01"}"#, 2_013), ("video_generation", "{}", 2_013),
            ("video_generation", #"{"model":"MiniMax-H3","prompt":"a"}"#, 2_013),
            ("video_generation", #"{"model":"abab-video-1","prompt":"a"}"#, 2_013),
        ] {
            try expect(
                ask("/minimax/v1/" + path, body, headers: key), 200, "base_resp.status_code", .int(code))
        }
        let failed = #"{"model":"image-01","prompt":"[[job failed]]"}"#
        XCTAssertEqual(ask("/minimax/v1/image_generation", failed, headers: key).status, 500)
        XCTAssertEqual(ask("/minimax/v1/token_plan/remains", headers: key).status, 200)
        let plan = ["Authorization": "Bearer sk-cp-1"]
        try expect(ask("/minimax/v1/token_plan/remains", headers: plan), 200, "base_resp.status_code", .int(0))
    }
}
