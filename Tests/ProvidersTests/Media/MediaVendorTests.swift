import Domain
import JSON
import Outbound
import XCTest

@testable import Providers

/// What is peculiar to one media vendor.
final class MediaVendorTests: XCTestCase {
    func testBalancesAreExactAndInMoney() throws {
        let credits = #"{"username":"u","credits":{"current_balance":-0.10,"currency":"USD"}}"#
        let (fal, asked) = try MediaVendor.fal.balance([.answer(200, credits)])
        XCTAssertEqual(try fal.get(), MediaVendor.dollars("-0.1"))
        XCTAssertEqual(asked.lines, ["GET /v1/account/billing?expand=credits"])
        let runway = MediaVendor.runway
        XCTAssertEqual(
            try runway.balance([.answer(200, runway.validationAnswer)]).0.get(), MediaVendor.dollars("123.45"))
        let labs = MediaVendor.blackForestLabs
        XCTAssertEqual(
            try labs.balance([.answer(200, labs.validationAnswer)]).0.get(), MediaVendor.dollars("0.12345"))
        for (text, expected) in [("0", "0"), ("1e3", "10"), ("7", "0.07"), ("1E-2", "0.0001"), ("100", "1")] {
            let answer = try labs.balance([.answer(200, #"{"credits":\#(text)}"#)]).0
            XCTAssertEqual(try answer.get(), MediaVendor.dollars(expected), text)
        }
    }

    func testABalanceThatTheKeyMayNotSeeIsNotAvailable() throws {
        for status in [401, 403] {
            let body = #"{"error":{"type":"authorization_error","message":"admin only"}}"#
            XCTAssertNil(try MediaVendor.fal.balance([.answer(status, body)]).0.get())
        }
        XCTAssertEqual(try MediaVendor.fal.balance([.answer(500, "{}")]).0.upstream?.kind, .overloaded)
        for vendor in [MediaVendor.replicate, .miniMax] {
            let (result, asked) = try vendor.balance([])
            XCTAssertNil(try result.get())
            XCTAssertEqual(asked, [], "there is nobody to ask")
        }
    }

    func testFalListsModelsWithPricesPageByPage() throws {
        let first = #"""
            {"models":[{"endpoint_id":"fal-ai/a","metadata":{"display_name":"A","category":"text-to-image"}}],
            "next_cursor":"c&=","has_more":true}
            """#
        let price = #"{"prices":[{"endpoint_id":"fal-ai/a","unit_price":0.0250,"unit":"images","currency":"USD"}]}"#
        let second = #"{"models":[{"endpoint_id":"fal-ai/b/c"}],"next_cursor":null,"has_more":false}"#
        let (result, asked) = try MediaVendor.fal.models([
            .answer(200, first), .answer(200, price), .answer(200, second), .answer(200, #"{"prices":[]}"#),
        ])
        XCTAssertTrue(try result.get().isComplete)
        XCTAssertEqual(
            try result.get().models,
            [
                ListedModel(
                    id: "fal-ai/a", name: "A", kind: "text-to-image", unitPrice: ExactDecimalSum("0.025"),
                    unit: "images", currency: "USD"),
                ListedModel(id: "fal-ai/b/c", name: "fal-ai/b/c"),
            ])
        XCTAssertEqual(
            asked.lines,
            [
                "GET /v1/models?status=active&limit=50", "GET /v1/models/pricing?endpoint_id=fal-ai/a",
                "GET /v1/models?status=active&limit=50&cursor=c%26%3D",
                "GET /v1/models/pricing?endpoint_id=fal-ai/b/c",
            ])
    }

    func testTheOthersListWhatTheyHave() throws {
        let page = #"{"next":"ORIGIN/v1/models?cursor=2","results":[{"owner":"o","name":"n"}]}"#
        let last = #"{"next":"https://elsewhere.invalid/v1/models","results":[]}"#
        let (replicate, asked) = try MediaVendor.replicate.models([.answer(200, page), .answer(200, last)])
        XCTAssertEqual(try replicate.get().models, [ListedModel(id: "o/n", name: "n")])
        XCTAssertFalse(try replicate.get().isComplete)
        XCTAssertEqual(asked.lines, ["GET /v1/models", "GET /v1/models?cursor=2"], "a foreign page is not fetched")
        let runway = try MediaVendor.runway.models([.answer(200, MediaVendor.runway.validationAnswer)]).0
        XCTAssertEqual(try runway.get().models.map(\.id), ["gen4_turbo", "gen4.5"])
        let labs = try MediaVendor.blackForestLabs.models([]).0
        XCTAssertTrue(try labs.get().models.map(\.id).contains("flux-2-pro"))
        let miniMax = try MediaVendor.miniMax.models([.answer(200, MediaVendor.miniMax.validationAnswer)]).0
        XCTAssertEqual(try miniMax.get().models.map(\.id), ["MiniMax-M3"])
    }

    func testFalFollowsTheURLsThatItReturned() throws {
        let (result, asked) = try MediaVendor.fal.submitAndPoll([
            .answer(200, MediaVendor.falJob("ORIGIN/x/requests/1")), .answer(200, #"{"status":"COMPLETED"}"#),
            .answer(200, "{}"),
        ])
        XCTAssertEqual(result, .success(.succeeded(output: .object(JSONObject()), cost: nil)))
        XCTAssertEqual(asked.lines.dropFirst(), ["GET /x/requests/1/status", "GET /x/requests/1"])
    }

    func testAnOutageWhileFalsResultIsFetchedIsNotTheJobsFailure() throws {
        let done = ScriptedServer.Step.answer(200, #"{"status":"COMPLETED"}"#)
        for (step, kind) in [
            (.answer(503, #"{"detail":"x","error_type":"runner_scheduling_failure"}"#), .overloaded),
            (.answer(429, #"{"detail":"x"}"#), .rateLimited), (.answer(404, #"{"detail":"x"}"#), .gone),
        ] as [(ScriptedServer.Step, UpstreamFailure.Kind)] {
            XCTAssertEqual(try MediaVendor.fal.poll([done, step]).0.upstream?.kind, kind)
        }
        let failed = try MediaVendor.fal.poll([.answer(200, #"{"status":"FAILED"}"#)]).0
        XCTAssertEqual(failed, .success(.failed(.ofJob(.overloaded, "Fal.ai"))))
    }

    func testAURLThatLeadsElsewhereIsNotFollowed() throws {
        for url in ["https://elsewhere.invalid/x", "http://queue.fal.run/x", "http://127.0.0.1:1/x", "nonsense"] {
            let (result, asked) = try MediaVendor.fal.submitAndPoll([
                .answer(200, MediaVendor.falJob(url)), .answer(202, #"{"status":"IN_QUEUE"}"#),
            ])
            XCTAssertEqual(result, .success(.queued), url)
            XCTAssertEqual(asked.lines.last, "GET /fal-ai/flux/requests/\(MediaVendor.id)/status", url)
        }
    }

    func testTheVendorsHostsAreTrustedWithTLSOnly() throws {
        let endpoint = ProviderEndpoint(url: try HTTPURL("http://127.0.0.1:1"), timeoutMilliseconds: 100)
        let adapter = BlackForestLabsAdapter()
        let call = VendorCall(
            adapter, try adapter.access(.apiKey(Secret("k")), endpoint), endpoint, try Vendor.client())
        let isVendor = { (host: String) in host.hasSuffix(".bfl.ai") }
        let request = call.returned("GET", "https://api.us1.bfl.ai/v1/get_result?id=1", isVendorHost: isVendor)
        XCTAssertEqual(request?.base?.origin, "https://api.us1.bfl.ai")
        XCTAssertEqual(request?.target, "/v1/get_result?id=1")
        for url in [
            "http://api.bfl.ai/", "https://api.bfl.ai:444/", "https://bfl.ai.elsewhere.invalid/", "https://bfl.ai/",
        ] {
            XCTAssertNil(call.returned("GET", url, isVendorHost: isVendor), url)
        }
    }

    func testFalsOwnEndpointHasTwoHosts() throws {
        let adapter = FalAdapter()
        for text in ["https://fal.run", "https://queue.fal.run"] {
            let endpoint = ProviderEndpoint(url: try HTTPURL(text), timeoutMilliseconds: 100)
            let access = try adapter.access(.apiKey(Secret("k")), endpoint)
            XCTAssertEqual(access.base.text, "https://queue.fal.run")
        }
    }

    func testBlackForestLabsPollsWhereItIsToldAndKeepsTheCost() throws {
        let vendor = MediaVendor.blackForestLabs
        let (result, asked) = try vendor.submitAndPoll([
            .answer(200, vendor.submissionAnswer), .answer(200, #"{"status":"Ready","result":{}}"#),
        ])
        XCTAssertEqual(
            result, .success(.succeeded(output: .object(JSONObject()), cost: MediaVendor.dollars("0.035"))))
        XCTAssertEqual(asked.lines.last, "GET /v1/get_result?id=\(MediaVendor.id)&region=eu")
    }

    func testReplicateTakesOfficialModelsVersionsAndDeployments() throws {
        let answer = ScriptedServer.Step.answer(201, MediaVendor.replicate.submissionAnswer)
        for (model, target, version) in [
            ("o/n", "/v1/models/o/n/predictions", nil), ("o/n:abc", "/v1/predictions", "abc"),
            ("abc", "/v1/predictions", "abc"), ("deployments/o/n", "/v1/deployments/o/n/predictions", nil),
        ] as [(String, String, String?)] {
            let (result, asked) = try MediaVendor.replicate.submit([answer], model: model)
            XCTAssertNoThrow(try result.get(), model)
            XCTAssertEqual(asked.first?.target, target)
            let body = try JSONParser.parse(try XCTUnwrap(asked.first?.body))
            XCTAssertEqual(body["version"]?.string, version)
        }
        for model in ["other/o/n", "o/n:", ":abc", "o:abc", "a/b/c/d"] {
            guard case .failure(.invalid) = try MediaVendor.replicate.submit([], model: model).0 else {
                return XCTFail(model)
            }
        }
        let refused = ScriptedServer.Step.answer(422, #"{"detail":"Invalid version or not permitted"}"#)
        XCTAssertEqual(try MediaVendor.replicate.submit([refused], model: "abc").0.upstream?.kind, .gone)
    }

    func testRunwayFindsTheEndpointOfAModel() throws {
        let answer = ScriptedServer.Step.answer(200, MediaVendor.runway.submissionAnswer)
        for (model, input, path) in [
            ("gen4_turbo", #"{"promptImage":"u"}"#, "image_to_video"), ("gen4.5", "{}", "text_to_video"),
            ("aleph2", #"{"videoUri":"u"}"#, "video_to_video"), ("gen4_image", "{}", "text_to_image"),
            ("act_two", "{}", "character_performance"), ("eleven_multilingual_v2", "{}", "text_to_speech"),
            ("mirelo_sfx_2_0", #"{"videoUri":"u"}"#, "video_to_audio"), ("mirelo_sfx_2_0", "{}", "sound_effect"),
        ] {
            let asked = try MediaVendor.runway.submit([answer], model: model, input: input).asked
            XCTAssertEqual(asked.first?.target, "/v1/" + path, model)
        }
    }

    func testMiniMaxsNewVideosSpeakTheirOwnLanguage() throws {
        var vendor = MediaVendor.miniMax
        vendor.model = "MiniMax-H3"
        let (result, asked) = try vendor.submit([.answer(200, #"{"task_id":99}"#)])
        XCTAssertEqual(try result.get().providerRequestID, "99")
        XCTAssertEqual(asked.lines, ["POST /v2/video_generation"])
        XCTAssertEqual(
            try JSONParser.parse(try XCTUnwrap(asked.first?.body)),
            try JSONParser.parse(
                #"{"model":"MiniMax-H3","content":[{"type":"text","text":"Say \"hello\""}],"seed":7}"#))
        for (task, status) in [
            (#""queued""#, .queued), (#""running""#, .running(percent: nil)), (#""cancelled""#, .cancelled),
            (#""succeeded","content":"u""#, .succeeded(output: .string("u"), cost: nil)),
            (#""failed","error":{"code":1027}"#, .moderated),
            (#""failed","error":{"code":"1000"}"#, .failed(.ofJob(.overloaded, "MiniMax"))),
            (#""expired""#, .failed(.ofJob(.timedOut, "MiniMax"))),
        ] as [(String, GenerationStatus)] {
            let (result, asked) = try vendor.poll([.answer(200, #"{"task":{"status":\#(task)}}"#)])
            XCTAssertEqual(result, .success(status), task)
            XCTAssertEqual(asked.lines, ["GET /v2/query/video_generation/\(MediaVendor.id)"])
        }
    }

    func testMiniMaxsPicturesAndMusicAreDoneWhenTheyAreSubmitted() throws {
        for (model, target, answer, asks) in [
            ("image-01", "/v1/image_generation", #"{"id":"7","data":{"image_urls":["u"]},"#, "prompt"),
            ("music-2.6", "/v1/music_generation", #"{"trace_id":"7","data":{"audio":"u"},"#, "output_format"),
        ] {
            var vendor = MediaVendor.miniMax
            vendor.model = model
            let (submitted, asked) = try vendor.submit([.answer(200, answer + MediaVendor.success + "}")])
            let job = try submitted.get()
            XCTAssertEqual(asked.lines, ["POST " + target])
            XCTAssertTrue(asked.first?.body.contains(asks) == true)
            let (polled, none) = try vendor.poll([], job)
            let output = try JSONParser.parse(answer.dropLast() + "}")["data"]
            XCTAssertEqual(polled, .success(.succeeded(output: try XCTUnwrap(output), cost: nil)))
            XCTAssertEqual(none, [], "nobody is asked again")
            XCTAssertEqual(try vendor.cancel([], job).0, .success(.alreadyFinished))
            XCTAssertThrowsError(try vendor.adapter().job(model: model, providerRequestID: "7"))
        }
        let (encoded, asked) = try MediaVendor.miniMax.submit(
            [], model: "image-01", input: #"{"prompt":"a","response_format":"base64"}"#)
        XCTAssertEqual(encoded, .failure(.invalid("input.response_format", "must be url")))
        XCTAssertEqual(asked, [])
    }

    func testEveryCodeOfMiniMaxHasAMeaning() throws {
        for (code, kind) in [
            (1_000, .overloaded), (1_001, .timedOut), (1_002, .rateLimited), (1_999, .overloaded),
            (2_013, .badRequest), (2_038, .forbidden), (2_056, .rateLimited), (9_999, .badRequest),
        ] as [(Int, UpstreamFailure.Kind)] {
            XCTAssertEqual(try MediaVendor.miniMax.submit([MediaVendor.miniMaxError(code)]).0.upstream?.kind, kind)
        }
        let blocked = try MediaVendor.miniMax.submit([MediaVendor.miniMaxError(1_026)]).0.upstream
        XCTAssertEqual(blocked?.message, "MiniMax blocked the prompt by its content rules")
    }

    func testTheClientPassesEverythingOn() throws {
        let server = try ScriptedServer([
            .answer(200, MediaVendor.runway.validationAnswer), .answer(200, MediaVendor.runway.validationAnswer),
            .answer(200, MediaVendor.runway.validationAnswer), .answer(200, MediaVendor.runway.submissionAnswer),
            .answer(200, #"{"status":"PENDING"}"#), .answer(200, #"{"status":"CANCELLED"}"#),
        ])
        defer { server.stop() }
        let (client, key) = (ProviderClient(try Vendor.client()), Credentials.apiKey(Secret(Vendor.key)))
        let (slug, origin, type, limit) = ("runway_ml", server.origin, AuthType.bearer, 5_000)
        try client.validate(key, slug: slug, endpoint: origin, authType: type, timeoutMilliseconds: limit)
        let balance = try client.balance(key, slug: slug, endpoint: origin, authType: type, timeoutMilliseconds: limit)
        XCTAssertEqual(balance, MediaVendor.dollars("123.45"))
        let models = try client.models(key, slug: slug, endpoint: origin, authType: type, timeoutMilliseconds: limit)
        XCTAssertEqual(models.models.count, 2)
        let request = GenerationRequest(model: "gen4.5", input: JSONObject())
        let job = try client.submit(
            request, key, slug: slug, endpoint: origin, authType: type, timeoutMilliseconds: limit)
        let status = try client.poll(job, key, slug: slug, endpoint: origin, authType: type, timeoutMilliseconds: limit)
        XCTAssertEqual(status, .queued)
        let outcome = try client.cancel(
            job, key, slug: slug, endpoint: origin, authType: type, timeoutMilliseconds: limit)
        XCTAssertEqual(outcome, .cancelled)
        XCTAssertThrowsError(
            try client.balance(key, slug: "openai", endpoint: origin, authType: type, timeoutMilliseconds: limit))
    }
}
