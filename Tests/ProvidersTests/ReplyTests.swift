import Domain
import Providers
import XCTest

/// What is particular to one vendor's answers.
final class ReplyTests: XCTestCase {
    private func reply(_ vendor: Vendor, _ body: String) throws -> ChatReply {
        try vendor.chat([.answer(200, body)]).result.get()
    }

    private func openAI(content: String, usage: String = #"{"prompt_tokens":1,"completion_tokens":2}"#) -> String {
        #"{"object":"chat.completion","model":"m","choices":[{"message":{\#(content)}}],"usage":\#(usage)}"#
    }

    func testARefusalOfOpenAIIsItsAnswer() throws {
        XCTAssertEqual(try reply(.openAI, openAI(content: #""content":null,"refusal":"No.""#)).content, "No.")
        XCTAssertEqual(try reply(.openAI, openAI(content: #""content":null"#)).content, "")
    }

    func testUsageWithoutDetailsIsComplete() throws {
        let usage = try reply(.openAI, openAI(content: #""content":"a""#)).usage
        XCTAssertEqual(usage, TokenUsage(promptTokens: 1, completionTokens: 2))
        XCTAssertEqual(usage.totalTokens, 3)
    }

    func testImpossibleCountsAreMalformed() throws {
        for usage in [
            "null", "{}", "[]", #"{"prompt_tokens":1}"#, #"{"prompt_tokens":-1,"completion_tokens":2}"#,
            #"{"prompt_tokens":1.5,"completion_tokens":2}"#, #"{"prompt_tokens":"1","completion_tokens":2}"#,
            #"{"prompt_tokens":9007199254740993,"completion_tokens":2}"#,
            #"{"prompt_tokens":1e99,"completion_tokens":2}"#,
            #"{"prompt_tokens":1,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":2}}"#,
            #"{"prompt_tokens":1,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":1,"#
                + #""cache_write_tokens":1}}"#,
        ] {
            let failure = try Vendor.openAI.chat([.answer(200, openAI(content: #""content":"a""#, usage: usage))])
            XCTAssertEqual(failure.result.upstream?.kind, .malformed, usage)
        }
    }

    func testAnAnswerWithoutUsageIsMalformedWhereTheVendorAlwaysSendsIt() throws {
        for vendor in Vendor.all where vendor.slug != "ollama" {
            for name in ["usage", "usageMetadata"] {
                let body = vendor.chatAnswer.replacing("\"\(name)\"", with: "\"none\"")
                guard body != vendor.chatAnswer else { continue }
                XCTAssertEqual(try vendor.chat([.answer(200, body)]).result.upstream?.kind, .malformed, vendor.slug)
            }
        }
    }

    func testAPromptThatGeminiBlocksIsOurBadRequest() throws {
        let body = #"{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":4}}"#
        XCTAssertEqual(
            try Vendor.gemini.chat([.answer(200, body)]).result.upstream,
            UpstreamFailure(.badRequest, "Gemini blocked the prompt by its content rules", status: 200))
    }

    func testAGeminiAnswerThatStoppedWhileThinkingIsEmptyAndCounted() throws {
        let body =
            #"{"candidates":[{"finishReason":"MAX_TOKENS"}],"usageMetadata":{"promptTokenCount":4,"#
            + #""thoughtsTokenCount":50}}"#
        let reply = try reply(.gemini, body)
        XCTAssertEqual(reply.content, "")
        XCTAssertEqual(reply.usage, TokenUsage(promptTokens: 4, completionTokens: 50))
        XCTAssertEqual(reply.model, Vendor.settings.model)
    }

    func testAModelNameThatCannotBeStoredIsTheRequestedOne() throws {
        for model in [#""""#, "7", "null", #""a\u0001b""#, "\"" + String(repeating: "x", count: 201) + "\""] {
            let body = Vendor.ollama.chatAnswer.replacing(#""model":"some-model:1""#, with: "\"model\":\(model)")
            XCTAssertEqual(try reply(.ollama, body).model, Vendor.settings.model)
        }
    }

    func testAnOllamaAnswerThatIsNotDoneIsMalformed() throws {
        let body = Vendor.ollama.chatAnswer.replacing("\"done\":true", with: "\"done\":false")
        XCTAssertEqual(try Vendor.ollama.chat([.answer(200, body)]).result.upstream?.kind, .malformed)
    }

    func testAKeyThatCohereCallsInvalidIsRefusedThoughTheCallSucceeded() throws {
        let failure = try Vendor.cohere.validate([.answer(200, #"{"valid":false}"#)]).failure
        XCTAssertEqual(
            failure?.upstream, UpstreamFailure(.invalidCredential, "Cohere refused the API key", status: 200))
    }

    func testGooglesDelayIsReadFromTheBodyUnlessTheDaysQuotaIsSpent() throws {
        let retry = #"{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"36.5s"}"#
        let daily = #"{"violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}"#
        for (details, expected) in [("[\(retry)]", 37), ("[\(daily),\(retry)]", nil)] as [(String, Int?)] {
            let body = Vendor.geminiError(429, "RESOURCE_EXHAUSTED", "Quota", details: details)
            let failure = try Vendor.gemini.chat([.answer(429, body)]).result.upstream
            XCTAssertEqual(failure?.kind, .rateLimited)
            XCTAssertEqual(failure?.retryAfter, expected)
        }
    }

    func testBillingThatIsSwitchedOffAtGoogleIsAboutMoney() throws {
        let body = Vendor.geminiError(403, "PERMISSION_DENIED", "x", details: #"[{"reason":"BILLING_DISABLED"}]"#)
        XCTAssertEqual(try Vendor.gemini.validate([.answer(403, body)]).failure?.upstream?.kind, .outOfMoney)
    }

    func testAKeyOfOpenAIWithoutTheScopeIsForbiddenNotBad() throws {
        for status in [401, 403] {
            let body = Vendor.openAIError("x", nil, "You have insufficient permissions for this operation.")
            XCTAssertEqual(try Vendor.openAI.validate([.answer(status, body)]).failure?.upstream?.kind, .forbidden)
        }
    }

    func testAStatusOfItsOwnForABadTokenIsUnderstood() throws {
        let answer = ScriptedServer.Step.answer(498, #"{"message":"invalid token"}"#)
        XCTAssertEqual(try Vendor.cohere.validate([answer]).failure?.upstream?.kind, .invalidCredential)
    }

    func testAStatusSaysWhatItMeansWhereTheBodySaysNothing() throws {
        for (status, body, kind) in [
            (408, "{}", .timedOut), (499, "{}", .timedOut), (413, "<html>", .badRequest), (422, "{}", .badRequest),
            (422, "<html>", .malformed), (501, "", .badRequest), (410, "{}", .gone), (600, "{}", .malformed),
        ] as [(Int, String, UpstreamFailure.Kind)] {
            let failure = try Vendor.cohere.chat([.answer(status, body)]).result.upstream
            XCTAssertEqual(failure?.kind, kind, "\(status) \(body)")
        }
    }

    func testAnOutageThatTalksOfAuthenticationDoesNotRefuseAKey() throws {
        let outage = ScriptedServer.Step.answer(500, Vendor.claudeError("authentication_error", "x"))
        XCTAssertEqual(try Vendor.claude.validate([outage]).failure?.upstream?.kind, .overloaded)
    }

    func testAParameterThatOpenAINamesOnlyInItsTextIsLeftOut() throws {
        let refusal = ScriptedServer.Step.answer(
            400, Vendor.openAIError("invalid_request_error", "unsupported_value", "'top_p' is not supported here"))
        let (result, asked) = try Vendor.openAI.chat([refusal, .answer(200, Vendor.openAI.chatAnswer)])
        XCTAssertEqual(try? result.get().content, "Hello!")
        XCTAssertEqual(asked.map { $0.body.contains("top_p") }, [true, false])
    }
}
