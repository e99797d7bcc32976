import Domain
import JSON
import Outbound
import XCTest

@testable import Providers

/// What the adapters of pictures ask for and how they read what comes back.
final class ImageAdapterTests: XCTestCase {
    private typealias Step = ScriptedServer.Step

    private static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 1, 2]
    private static let pngText = "iVBORw0KGgoAAQI="
    private static let routers = ["openrouter", "requesty"]

    private func ask<Value>(
        _ slug: String, _ script: [Step],
        _ call: (any ImageAdapter, Credentials, ProviderEndpoint, HTTPClient) throws(Failure) -> Value
    ) throws -> (result: Result<Value, Failure>, asked: [ScriptedServer.Asked]) {
        let server = try ScriptedServer(script)
        defer { server.stop() }
        let endpoint = ProviderEndpoint(url: try HTTPURL(server.origin + "/base"), timeoutMilliseconds: 5_000)
        let adapter = try XCTUnwrap(Adapters.image(slug))
        let client = try Vendor.client()
        let result = Result { () throws(Failure) in try call(adapter, .apiKey(Secret(Vendor.key)), endpoint, client) }
        return (result, server.asked)
    }

    private func generate(
        _ slug: String, _ script: [Step], _ request: ImageRequest? = nil
    ) throws -> (result: Result<ImageReply, Failure>, asked: [ScriptedServer.Asked]) {
        let request = try request ?? ImageRequest(model: "some-model", prompt: "A lighthouse")
        return try ask(slug, script) { adapter, credential, endpoint, client throws(Failure) in
            try adapter.generate(request, credential, at: endpoint, with: client)
        }
    }

    private func balance(
        _ slug: String, _ script: [Step]
    ) throws -> (result: Result<ReportedBalance?, Failure>, asked: [ScriptedServer.Asked]) {
        try ask(slug, script) { adapter, credential, endpoint, client throws(Failure) in
            try adapter.balance(credential, at: endpoint, with: client)
        }
    }

    private func validate(_ slug: String, _ step: Step) throws -> (UpstreamFailure?, [ScriptedServer.Asked]) {
        let (result, asked) = try ask(slug, [step]) { adapter, credential, endpoint, client throws(Failure) in
            try adapter.validate(credential, at: endpoint, with: client)
        }
        return (result.upstream, asked)
    }

    private func chat(_ message: String, usage: String = #""cost":0.0387123"#) -> String {
        """
        {"object":"chat.completion","model":"google/gemini-2.5-flash-image-001","choices":[{"finish_reason":"stop",
        "message":{"role":"assistant",\(message)}}],"usage":{"prompt_tokens":8,"completion_tokens":1295,
        "total_tokens":1303,"prompt_tokens_details":{"cached_tokens":2},"completion_tokens_details":{"image_tokens":1290},
        \(usage)}}
        """
    }

    private func picture(_ text: String = pngText) -> String {
        #""content":"Here","images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,\#(text)"}}]"#
    }

    // MARK: - Requests

    func testARoutersRequestIsAChatWithImageConfig() throws {
        let image = try XCTUnwrap(EncodedImage(Self.png))
        let request = try ImageRequest(
            model: "google/m", prompt: "Say \"a\"", aspectRatio: "16:9", size: "2K", inputs: [image])
        for slug in Self.routers {
            let asked = try generate(slug, [.answer(200, chat(picture()))], request).asked
            XCTAssertEqual(asked.map { "\($0.method) \($0.target)" }, ["POST /base/chat/completions"])
            XCTAssertEqual(asked.first?.headers["authorization"], "Bearer " + Vendor.key)
            let modalities = slug == "openrouter" ? #""modalities":["image","text"],"# : ""
            XCTAssertEqual(
                try JSONParser.parse(try XCTUnwrap(asked.first?.body)),
                try JSONParser.parse(
                    #"{"model":"google/m","messages":[{"role":"user","content":[{"type":"text","text":"Say \"a\""},"#
                        + #"{"type":"image_url","image_url":{"url":"data:image/png;base64,\#(Self.pngText)"}}]}],"#
                        + #"\#(modalities)"image_config":{"aspect_ratio":"16:9","image_size":"2K"}}"#))
        }
    }

    func testGeminisRequestIsGenerateContentWithImageConfig() throws {
        let image = try XCTUnwrap(EncodedImage(Self.png))
        let request = try ImageRequest(
            model: "../gemini-x", prompt: "Hi", aspectRatio: "1:1", size: "1K", inputs: [image])
        let asked = try generate("gemini", [.answer(200, "{}")], request).asked
        XCTAssertEqual(asked.first?.target, "/base/v1beta/models/..%2Fgemini-x:generateContent")
        XCTAssertEqual(asked.first?.headers["x-goog-api-key"], Vendor.key)
        XCTAssertEqual(
            try JSONParser.parse(try XCTUnwrap(asked.first?.body)),
            try JSONParser.parse(
                #"{"contents":[{"role":"user","parts":[{"text":"Hi"},{"inlineData":{"mimeType":"image/png","#
                    + #""data":"\#(Self.pngText)"}}]}],"generationConfig":{"responseModalities":["TEXT","IMAGE"],"#
                    + #""imageConfig":{"aspectRatio":"1:1","imageSize":"1K"}}}"#))
    }

    func testWhatNobodySaidIsNotSent() throws {
        for slug in ["gemini"] + Self.routers {
            let body = try XCTUnwrap(try generate(slug, [.answer(200, "{}")]).asked.first?.body)
            XCTAssertFalse(body.lowercased().contains("config\":{\"a"), body)
            XCTAssertFalse(body.contains("image_config"), body)
            XCTAssertFalse(body.contains("imageConfig"), body)
        }
    }

    func testARequestThatNobodyTakesIsRefusedAtOnce() throws {
        let wrong: [(String, () throws -> Void)] = [
            ("model", { _ = try ImageRequest(model: "", prompt: "a") }),
            ("prompt", { _ = try ImageRequest(model: "m", prompt: " \n") }),
            ("prompt", { _ = try ImageRequest(model: "m", prompt: String(repeating: "a", count: 32_001)) }),
            ("aspectRatio", { _ = try ImageRequest(model: "m", prompt: "a", aspectRatio: "16x9") }),
            ("aspectRatio", { _ = try ImageRequest(model: "m", prompt: "a", aspectRatio: "1:") }),
            ("size", { _ = try ImageRequest(model: "m", prompt: "a", size: "2 K") }),
        ]
        for (field, make) in wrong {
            XCTAssertThrowsError(try make()) { error in
                guard case .invalid(let problems)? = error as? Failure else { return XCTFail("\(error)") }
                XCTAssertEqual(problems.map(\.field), [field])
            }
        }
        XCTAssertNoThrow(try ImageRequest(model: "m", prompt: "a", aspectRatio: "2.35:1", size: "1.5K"))
    }

    // MARK: - Answers

    func testARoutersAnswerHasPictureUsageAndExactCost() throws {
        for slug in Self.routers {
            let reply = try generate(slug, [.answer(200, chat(picture()))]).result.get()
            XCTAssertEqual(
                reply,
                ImageReply(
                    images: [try XCTUnwrap(EncodedImage(Self.png))], text: "Here",
                    model: "google/gemini-2.5-flash-image-001",
                    usage: TokenUsage(promptTokens: 8, cachedPromptTokens: 2, completionTokens: 1_295),
                    imageTokens: 1_290,
                    cost: ReportedMoney(amount: try XCTUnwrap(ExactDecimalSum("0.0387123")), currency: "USD")))
        }
    }

    func testCostsInExponentsStayExactAndUnknownOnesAreNotZero() throws {
        for (text, cost) in [
            (#""cost":3.87e-05"#, "0.0000387"), (#""cost":0"#, "0"), (#""cost":null"#, nil), (#""x":1"#, nil),
            (#""cost":-1"#, nil), (#""cost":"0.1""#, nil),
        ] {
            let reply = try generate("openrouter", [.answer(200, chat(picture(), usage: text))]).result.get()
            XCTAssertEqual(reply.cost?.amount.text, cost, text)
        }
    }

    func testGeminisAnswerHasPicturesAndWhatTheyAreMadeOf() throws {
        let answer = """
            {"candidates":[{"content":{"role":"model","parts":[{"text":"Here"},
            {"thought":true,"inlineData":{"mimeType":"image/png","data":"AAAA"}},
            {"inlineData":{"mimeType":"image/jpeg","data":"\(Self.pngText)"}}]},"finishReason":"STOP"}],
            "usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":1295,"thoughtsTokenCount":5,
            "totalTokenCount":1307,"candidatesTokensDetails":[{"modality":"TEXT","tokenCount":5},
            {"modality":"IMAGE","tokenCount":1290}]},"modelVersion":"gemini-2.5-flash-image"}
            """
        let reply = try generate("gemini", [.answer(200, answer)]).result.get()
        XCTAssertEqual(reply.images.map(\.format), [.png], "its own octets say what it is")
        XCTAssertEqual(reply.text, "Here")
        XCTAssertEqual(reply.usage, TokenUsage(promptTokens: 7, completionTokens: 1_300))
        XCTAssertEqual(reply.imageTokens, 1_290)
        XCTAssertNil(reply.cost)
    }

    func testWithoutDetailsAllButThoughtsIsThePicture() throws {
        let answer = """
            {"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"\(Self.pngText)"}}]}}],
            "usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":1290,"thoughtsTokenCount":5}}
            """
        let reply = try generate("gemini", [.answer(200, answer)]).result.get()
        XCTAssertEqual(reply.imageTokens, 1_290)
        XCTAssertEqual(reply.usage.completionTokens, 1_295)
    }

    func testWordsAloneAreAnAnswerWithoutPicture() throws {
        let talk = try generate("openrouter", [.answer(200, chat(#""content":"No""#))]).result.get()
        XCTAssertEqual(talk.images, [])
        XCTAssertFalse(talk.isBlocked)
        let held = """
            {"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"IMAGE_SAFETY"}],
            "usageMetadata":{"promptTokenCount":7}}
            """
        let blocked = try generate("gemini", [.answer(200, held)]).result.get()
        XCTAssertTrue(blocked.isBlocked && blocked.images.isEmpty)
        let prompt = #"{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":7}}"#
        XCTAssertEqual(try generate("gemini", [.answer(200, prompt)]).result.upstream?.kind, .badRequest)
    }

    func testWhatIsNoPictureWasPaidAllTheSame() throws {
        let links = [
            "https://elsewhere.example/a.png", "data:image/png,abc", "data:image/png;base64,****",
            "data:image/png;base64,AAAA", "data:text/html;base64,\(Self.pngText)", "",
        ]
        for link in links {
            let message = #""images":[{"image_url":{"url":"\#(link)"}}]"#
            let reply = try generate("requesty", [.answer(200, chat(message))]).result.get()
            XCTAssertEqual(reply.images, [], link)
            XCTAssertEqual(reply.unreadableImages, 1, link)
            XCTAssertEqual(reply.cost?.amount.text, "0.0387123", link)
            XCTAssertFalse(reply.isBlocked)
        }
        let part = #"{"inlineData":{"mimeType":"image/png","data":"AAAA"}},{"inlineData":{"data":7}}"#
        let answer = """
            {"candidates":[{"content":{"parts":[\(part)]},"finishReason":"STOP"}],
            "usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":1290}}
            """
        let reply = try generate("gemini", [.answer(200, answer)]).result.get()
        XCTAssertEqual(reply.unreadableImages, 2)
        XCTAssertEqual(reply.imageTokens, 1_290)
    }

    func testWhatIsNoAnswerIsMalformed() throws {
        for body in ["", "{}", "[]", "<html></html>", #"{"object":"chat.completion","choices":[]}"#] {
            for slug in ["gemini"] + Self.routers {
                XCTAssertEqual(try generate(slug, [.answer(200, body)]).result.upstream?.kind, .malformed, body)
            }
        }
    }

    func testAPictureOfMoreThanTwentyMegabytesIsRefused() throws {
        let large = [UInt8](Self.png) + [UInt8](repeating: 0, count: EncodedImage.maxOctets)
        XCTAssertNil(EncodedImage(large))
        XCTAssertNotNil(EncodedImage(Array(large.prefix(EncodedImage.maxOctets))))
        let text = Self.pngText.dropLast(4) + String(repeating: "AAAA", count: EncodedImage.maxOctets / 3)
        let result = try generate("openrouter", [.answer(200, chat(picture(String(text))))]).result
        XCTAssertEqual(try result.get().images, [])
        XCTAssertEqual(try result.get().unreadableImages, 1)
    }

    // MARK: - Refusals

    func testAnErrorWithStatus200IsAnError() throws {
        let cases: [(String, UpstreamFailure.Kind)] = [
            (#"{"error":{"code":502,"message":"x"}}"#, .overloaded),
            (#"{"error":{"code":401,"message":"x"}}"#, .invalidCredential),
            (#"{"error":{"code":402,"message":"x"}}"#, .outOfMoney),
            (#"{"error":{"code":429,"message":"x"}}"#, .rateLimited),
            (#"{"error":{"code":403,"message":"x","metadata":{"reasons":["violence"]}}}"#, .badRequest),
            (#"{"object":"chat.completion","choices":[{"error":{"code":503,"message":"x"}}]}"#, .overloaded),
        ]
        for (body, kind) in cases {
            XCTAssertEqual(try generate("openrouter", [.answer(200, body)]).result.upstream?.kind, kind, body)
        }
        XCTAssertEqual(
            try generate("requesty", [.answer(200, #"{"error":{"origin":"provider","message":"x"}}"#)]).result.upstream?
                .kind, .overloaded)
    }

    func testRefusalsAreUnderstood() throws {
        let cases: [(String, Int, String, UpstreamFailure.Kind)] = [
            ("openrouter", 401, #"{"error":{"code":401,"message":"User not found."}}"#, .invalidCredential),
            (
                "openrouter", 402, #"{"error":{"code":402,"metadata":{"limit_source":"openrouter_credits"}}}"#,
                .outOfMoney
            ),
            (
                "openrouter", 402, #"{"error":{"code":402,"metadata":{"limit_source":"in_flight_budget_exhausted"}}}"#,
                .rateLimited
            ),
            ("openrouter", 403, #"{"error":{"code":403,"message":"x"}}"#, .forbidden),
            ("openrouter", 524, #"{"error":{"code":524}}"#, .timedOut),
            ("openrouter", 529, #"{"error":{"code":529}}"#, .overloaded),
            ("requesty", 401, #"{"error":{"origin":"router","message":"Missing header"}}"#, .invalidCredential),
            ("requesty", 403, #"{"error":{"origin":"router","message":"Invalid token"}}"#, .invalidCredential),
            ("requesty", 403, #"{"error":{"origin":"router","message":"Blocked by policy"}}"#, .forbidden),
            ("requesty", 403, #"{"error":{"origin":"provider","message":"Invalid token"}}"#, .forbidden),
            ("requesty", 402, #"{"error":{"origin":"router"}}"#, .outOfMoney),
            ("requesty", 412, #"{"error":{"origin":"router"}}"#, .outOfMoney),
            ("requesty", 404, #"{"error":{"origin":"router"}}"#, .gone),
            ("requesty", 503, "", .overloaded),
            // A proxy that wants a password of its own knows nothing of the key.
            ("requesty", 401, "<html></html>", .malformed), ("openrouter", 401, "", .malformed),
        ]
        for (slug, status, body, kind) in cases {
            let (result, asked) = try generate(slug, [.answer(status, body), .answer(200, chat(picture()))])
            XCTAssertEqual(result.upstream?.kind, kind, "\(slug) \(status) \(body)")
            XCTAssertEqual(asked.count, 1, "nothing that costs money is sent twice")
        }
    }

    // MARK: - Keys and balances

    func testAKeyIsProvedByACallThatNeedsIt() throws {
        let (failure, asked) = try validate("openrouter", .answer(200, #"{"data":{"label":"k","usage":0.5}}"#))
        XCTAssertNil(failure)
        XCTAssertEqual(asked.map { "\($0.method) \($0.target)" }, ["GET /base/key"])
        let (problem, question) = try validate("requesty", .answer(200, chat(#""content":"H""#)))
        XCTAssertNil(problem)
        XCTAssertEqual(question.map { "\($0.method) \($0.target)" }, ["POST /base/chat/completions"])
        XCTAssertEqual(try JSONParser.parse(try XCTUnwrap(question.first?.body))["max_tokens"]?.int, 1)
        for slug in Self.routers {
            // What a public list of models, a proxy or another vendor would answer.
            for body in [#"{"data":[]}"#, #"{"object":"list","data":[]}"#, "{}", "<html></html>", ""] {
                XCTAssertEqual(try validate(slug, .answer(200, body)).0?.kind, .malformed, body)
            }
        }
    }

    func testABalanceIsWhatWasBoughtLessWhatWasUsed() throws {
        for (bought, used, left) in [
            ("110.25", "0.1234567890123", "110.1265432109877"), ("1e2", "100", "0"), ("1", "2.5", "-1.5"),
        ] {
            let answer = #"{"data":{"total_credits":\#(bought),"total_usage":\#(used)}}"#
            let (result, asked) = try balance("openrouter", [.answer(200, answer)])
            XCTAssertEqual(try result.get()?.amount.text, left)
            XCTAssertEqual(asked.first?.target, "/base/credits")
        }
        let ordinary = try balance("openrouter", [.answer(403, #"{"error":{"code":403,"message":"x"}}"#)]).result
        XCTAssertEqual(ordinary, .success(nil), "only a management key sees it")
        XCTAssertEqual(
            try balance("openrouter", [.answer(401, #"{"error":{"code":401}}"#)]).result.upstream?.kind,
            .invalidCredential)
        XCTAssertEqual(
            try balance("openrouter", [.answer(200, #"{"data":{"total_credits":1}}"#)]).result.upstream?.kind,
            .malformed)
        for slug in ["gemini", "requesty"] {
            let (result, asked) = try balance(slug, [])
            XCTAssertEqual(result, .success(nil))
            XCTAssertEqual(asked.count, 0)
        }
    }
}
