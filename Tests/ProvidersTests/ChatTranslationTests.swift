import Domain
import JSON
import Outbound
import Providers
import XCTest

/// What is particular to one vendor's questions.
final class ChatTranslationTests: XCTestCase {
    private func settings(
        temperature: String? = nil, topP: String? = nil, frequency: String? = nil, presence: String? = nil,
        model: String = "m", maxTokens: Int? = nil
    ) -> ChatSettings {
        ChatSettings(
            model: model, temperature: temperature.flatMap(JSONNumber.init), topP: topP.flatMap(JSONNumber.init),
            frequencyPenalty: frequency.flatMap(JSONNumber.init), presencePenalty: presence.flatMap(JSONNumber.init),
            maxTokens: maxTokens)
    }

    private func assert(
        _ vendor: Vendor, _ settings: ChatSettings, sends json: String, line: UInt = #line
    ) throws {
        let question = try vendor.question(settings)
        let expected = try JSONParser.parse(json)
        for member in expected.object?.members ?? [] {
            XCTAssertEqual(question[member.name] ?? .null, member.value, "\(vendor.slug) \(member.name)", line: line)
        }
    }

    func testClaudeGetsALimitEvenWhenNobodyChoseOne() throws {
        try assert(.claude, settings(), sends: #"{"max_tokens":1024,"temperature":null,"top_p":null}"#)
    }

    func testClaudeGetsATemperatureUpToOneAndNeverTopPBesideIt() throws {
        try assert(.claude, settings(temperature: "1.7", topP: "0.5"), sends: #"{"temperature":1,"top_p":null}"#)
        try assert(.claude, settings(temperature: "1e-1"), sends: #"{"temperature":1e-1}"#)
        try assert(.claude, settings(topP: "1.0"), sends: #"{"temperature":null,"top_p":1.0}"#)
        try assert(.claude, settings(topP: "-3"), sends: #"{"top_p":0}"#)
    }

    func testClaudeRefusingBothSamplingParametersLosesBoth() throws {
        let refusals = ["`temperature` is deprecated for this model.", "`top_p` is deprecated for this model."]
        let script = refusals.map {
            ScriptedServer.Step.answer(400, Vendor.claudeError("invalid_request_error", $0))
        }
        let (result, asked) = try Vendor.claude.chat(
            script + [.answer(200, Vendor.claude.chatAnswer)], settings(temperature: "0.5", topP: "0.5"))
        XCTAssertEqual(try? result.get().content, "Hello!")
        XCTAssertEqual(asked.map { $0.body.contains("temperature") }, [true, false, false])
        XCTAssertEqual(asked.map { $0.body.contains("top_p") }, [false, true, false])
    }

    func testAThirdRefusedParameterEndsTheCallAndIsNamed() throws {
        let script = ["temperature", "top_p", "presence_penalty"].map {
            ScriptedServer.Step.answer(
                400,
                #"{"error":{"message":"x","type":"invalid_request_error","param":"\#($0)","#
                    + #""code":"unsupported_parameter"}}"#)
        }
        let (result, asked) = try Vendor.openAI.chat(script)
        XCTAssertEqual(
            result.upstream,
            UpstreamFailure(.badRequest, "OpenAI does not accept presencePenalty for this model", status: 400))
        XCTAssertEqual(asked.count, 3)
    }

    func testTheLimitOfTokensIsNeverLeftOutForASentenceAboutIt() throws {
        for vendor in Vendor.all where vendor.slug != "openai" {
            let text = "max_tokens maxOutputTokens num_predict: more than 8192 is not supported"
            for body in [Vendor.claudeError("invalid_request_error", text), #"{"message":"\#(text)"}"#] {
                let (result, asked) = try vendor.chat([.answer(400, body)], settings(maxTokens: 9_000))
                XCTAssertEqual(result.upstream?.kind, .badRequest, vendor.slug)
                XCTAssertEqual(asked.count, 1, vendor.slug)
            }
        }
    }

    func testCohereGetsPInsideItsRangeAndNoOne() throws {
        try assert(.cohere, settings(topP: "1.0"), sends: #"{"p":null}"#)
        try assert(.cohere, settings(topP: "10e-1"), sends: #"{"p":null}"#)
        try assert(.cohere, settings(topP: "0.999"), sends: #"{"p":0.99}"#)
        try assert(.cohere, settings(topP: "0"), sends: #"{"p":0.01}"#)
        try assert(.cohere, settings(topP: "0.75"), sends: #"{"p":0.75}"#)
    }

    func testCohereGetsOnePenaltyAtMost() throws {
        try assert(
            .cohere, settings(frequency: "0.5", presence: "0.5"),
            sends: #"{"frequency_penalty":0.5,"presence_penalty":null}"#)
        try assert(
            .cohere, settings(frequency: "-1", presence: "2"),
            sends: #"{"frequency_penalty":null,"presence_penalty":1}"#)
        try assert(
            .cohere, settings(frequency: "0", presence: "0.0"),
            sends: #"{"frequency_penalty":null,"presence_penalty":null}"#)
    }

    func testGeminiRefusingPenaltiesWithoutANameLosesBoth() throws {
        let refusal = ScriptedServer.Step.answer(
            400, Vendor.geminiError(400, "INVALID_ARGUMENT", "Penalty is not enabled for this model"))
        let (result, asked) = try Vendor.gemini.chat([refusal, refusal, .answer(200, Vendor.gemini.chatAnswer)])
        XCTAssertEqual(try? result.get().content, "Hello!")
        XCTAssertEqual(asked.map { $0.body.contains("frequencyPenalty") }, [true, false, false])
        XCTAssertEqual(asked.map { $0.body.contains("presencePenalty") }, [true, true, false])
    }

    func testAModelsNameStaysInItsPlaceInThePath() throws {
        for (model, segment) in [
            ("models/gemini-x", "gemini-x"), ("a/../b?c=d#e", "a%2F..%2Fb%3Fc%3Dd%23e"), ("a b%20", "a%20b%2520"),
        ] {
            let asked = try Vendor.gemini.chat([.answer(200, Vendor.gemini.chatAnswer)], settings(model: model)).asked
            XCTAssertEqual(asked.first?.target, "/v1beta/models/\(segment):generateContent")
        }
    }

    func testOllamaIsReachedWithAndWithoutTheApiPath() throws {
        for (suffix, prefix) in [("", ""), ("/", ""), ("/api", ""), ("/api/", ""), ("/gpu/api/", "/gpu")] {
            let server = try ScriptedServer(Vendor.ollama.validationAnswers.map { .answer(200, $0) })
            defer { server.stop() }
            let credential = try Vendor.ollama.credential(server.origin + suffix)
            let endpoint = ProviderEndpoint(url: try .init("http://127.0.0.1:1"), timeoutMilliseconds: 5_000)
            try Vendor.ollama.adapter().validate(credential, at: endpoint, with: Vendor.client())
            XCTAssertEqual(server.asked.map(\.target), [prefix + "/api/version", prefix + "/api/tags"])
        }
    }

    func testABaseURLMayEndWithASlash() throws {
        var vendor = Vendor.openAI
        vendor.basePath = "/v1/"
        let asked = try vendor.validate(vendor.validationAnswers.map { .answer(200, $0) }).asked
        XCTAssertEqual(asked.map(\.target), ["/v1/models"])
    }
}
