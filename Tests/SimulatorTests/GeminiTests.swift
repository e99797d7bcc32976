import JSON
import Simulator
import XCTest

final class GeminiTests: SimulatorTestCase {
    private let key = ["x-goog-api-key": "AIza-test"]
    private let models = "/gemini/v1beta/models"
    private let hello = #"{"contents":[{"role":"user","parts":[{"text":"Good morning"}]}]}"#

    func testTheListIsPagedByToken() throws {
        let first = ask(models + "?pageSize=3", headers: key)
        XCTAssertEqual(try json(first)["models"]?.array?.count, 3)
        try expect(first, 200, "models.0.name", .string("models/gemini-2.5-pro"))
        let token = try XCTUnwrap(try json(first)["nextPageToken"]?.string)
        let rest = ask(models + "?pageSize=1000&pageToken=\(token)", headers: key)
        XCTAssertNil(try json(rest)["nextPageToken"])
        try expect(rest, 200, "models.0.name", .string("models/gemini-2.5-flash-image"))
        try expect(ask(models + "?pageToken=x", headers: key), 400, "error.status", .string("INVALID_ARGUMENT"))
        try expect(ask(models + "/gemini-3.8-flash", headers: key), 200, "outputTokenLimit", .int(65_536))
    }

    func testContentAnswersWithTheStatedUsage() throws {
        let body = hello.replacing("Good", with: "[[cached 2]] [[thinking 4]] Good")
        let answer = ask(models + "/gemini-2.5-flash:generateContent", body, headers: key)
        let text = "Hello from the simulated Gemini! I read: Good morning"
        try expect(answer, 200, "candidates.0.content.parts.0.text", .string(text))
        try expect(answer, 200, "candidates.0.finishReason", .string("STOP"))
        try expect(answer, 200, "modelVersion", .string("gemini-2.5-flash"))
        try expect(answer, 200, "usageMetadata.promptTokenCount", .int(10))
        try expect(answer, 200, "usageMetadata.cachedContentTokenCount", .int(2))
        try expect(answer, 200, "usageMetadata.candidatesTokenCount", .int(10))
        try expect(answer, 200, "usageMetadata.thoughtsTokenCount", .int(4))
        try expect(answer, 200, "usageMetadata.totalTokenCount", .int(24))
    }

    func testAStreamIsEventsOrOneArray() throws {
        let path = models + "/gemini-2.5-flash:streamGenerateContent"
        let answer = ask(path + "?alt=sse", hello, headers: key)
        let texts = try events(answer).compactMap { member($0, "candidates.0.content.parts.0.text")?.string }
        XCTAssertEqual(texts.joined(), "Hello from the simulated Gemini! I read: Good morning")
        XCTAssertFalse(text(answer).contains("[DONE]"))
        XCTAssertEqual(try json(ask(path, hello, headers: key)).array?.count, texts.count)
        let refusal = ask(models + "/nothing:streamGenerateContent", hello, headers: key)
        XCTAssertEqual(member(try json(refusal), "0.error.status"), .string("NOT_FOUND"))
    }

    func testKeysAreToldApart() throws {
        try expect(ask(models), 403, "error.status", .string("PERMISSION_DENIED"))
        XCTAssertEqual(ask(models + "?key=AIza-test").status, 200)
        let bad = ask(models, headers: ["x-goog-api-key": "AIza-revoked"])
        try expect(bad, 400, "error.status", .string("INVALID_ARGUMENT"))
        try expect(bad, 400, "error.details.0.reason", .string("API_KEY_INVALID"))
    }

    func testWrongRequestsAreRefusedInTheVendorsShape() throws {
        let status = "error.status"
        let settings = { (text: String) in self.hello.dropLast() + #","generationConfig":"# + text + "}" }
        let refused = [
            Refused("{,}", 400, status, .string("INVALID_ARGUMENT")),
            Refused(#"{"contents":[]}"#, 400, status, .string("INVALID_ARGUMENT")),
            Refused(hello.replacing("user", with: "assistant"), 400, status, .string("INVALID_ARGUMENT")),
            Refused(settings(#"{"temperature":3}"#), 400, status, .string("INVALID_ARGUMENT")),
            Refused(settings(#"{"max_tokens":3}"#), 400, status, .string("INVALID_ARGUMENT")),
            Refused(settings(#"{"max_output_tokens":"many"}"#), 400, status, .string("INVALID_ARGUMENT")),
            Refused(
                settings(#"{"topP":0.5,"max_output_tokens":3}"#), 200, "candidates.0.finishReason",
                .string("MAX_TOKENS")),
        ]
        for row in refused {
            let answer = ask(models + "/gemini-3.8-flash:generateContent", row.body, headers: key)
            try expect(answer, row.status, row.path, row.value)
        }
        let penalty = settings(#"{"presencePenalty":1}"#)
        let path = models + "/gemini-3.5-flash-lite:generateContent"
        try expect(ask(path, penalty, headers: key), 400, status, .string("INVALID_ARGUMENT"))
        for name in ["gemini-99", "gemini-1.5-pro", "gemini-embedding-001"] {
            let answer = ask(models + "/\(name):generateContent", hello, headers: key)
            try expect(answer, 404, status, .string("NOT_FOUND"))
        }
        try expect(ask(path, headers: key), 404, status, .string("NOT_FOUND"))
        try expect(ask(models, "{}", headers: key), 405, status, .string("UNIMPLEMENTED"))
    }

    func testAnImageModelAddsAPicture() throws {
        let answer = ask(models + "/gemini-2.5-flash-image:generateContent", hello, headers: key)
        try expect(answer, 200, "candidates.0.content.parts.1.inlineData.mimeType", .string("image/png"))
    }

    func testEmbeddingsHaveTheWantedLength() throws {
        let path = "/gemini/v1/models/gemini-embedding-001"
        let one = ask(
            path + ":embedContent", #"{"content":{"parts":[{"text":"x"}]},"outputDimensionality":5}"#, headers: key)
        XCTAssertEqual(member(try json(one), "embedding.values")?.array?.count, 5)
        let two = ask(
            path + ":batchEmbedContents",
            #"{"requests":[{"content":{"parts":[{"text":"x"}]}},{"content":{"parts":[{"text":"y"}]}}]}"#, headers: key)
        XCTAssertEqual(member(try json(two), "embeddings.1.values")?.array?.count, 3_072)
    }
}
