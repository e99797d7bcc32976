import JSON
import Simulator
import XCTest

final class OpenAITests: SimulatorTestCase {
    private let key = ["Authorization": "Bearer sk-test"]
    private let chat = "/openai/v1/chat/completions"
    private let hello = #"{"model":"gpt-4o","messages":[{"role":"user","content":"Good morning to you"}]}"#

    func testTheListHasCurrentModelsOnly() throws {
        let answer = ask("/openai/v1/models", headers: key)
        try expect(answer, 200, "object", .string("list"))
        let names = try json(answer)["data"]?.array?.compactMap { $0["id"]?.string } ?? []
        XCTAssertTrue(names.contains("gpt-4o"))
        XCTAssertFalse(names.contains("o3-mini"))
        XCTAssertNotNil(answer.header("x-request-id"))
        try expect(ask("/openai/v1/models/gpt-4o", headers: key), 200, "created", .int(1_715_299_200))
    }

    func testAChatAnswersWithTheStatedUsage() throws {
        let answer = ask(chat, hello, headers: key)
        try expect(answer, 200, "object", .string("chat.completion"))
        try expect(answer, 200, "model", .string("gpt-4o"))
        let text = "Hello from the simulated OpenAI! I read: Good morning to you"
        try expect(answer, 200, "choices.0.message.content", .string(text))
        try expect(answer, 200, "choices.0.finish_reason", .string("stop"))
        try expect(answer, 200, "usage.prompt_tokens", .int(8))
        try expect(answer, 200, "usage.completion_tokens", .int(12))
        try expect(answer, 200, "usage.total_tokens", .int(20))
        XCTAssertEqual(answer, ask(chat, hello, headers: key), "the same question has the same answer")
    }

    func testTheLimitCutsTheAnswer() throws {
        let body = hello.dropLast() + #","max_tokens":5}"#
        let answer = ask(chat, String(body), headers: key)
        try expect(answer, 200, "choices.0.message.content", .string("Hello from the simulated"))
        try expect(answer, 200, "choices.0.finish_reason", .string("length"))
        try expect(answer, 200, "usage.completion_tokens", .int(5))
    }

    func testOrdersInTheMessageShapeTheUsage() throws {
        let body = hello.replacing("Good", with: "[[cached 6]] [[thinking 3]] Good")
        let answer = ask(chat, body, headers: key)
        try expect(answer, 200, "usage.prompt_tokens", .int(12))
        try expect(answer, 200, "usage.prompt_tokens_details.cached_tokens", .int(6))
        try expect(answer, 200, "usage.completion_tokens", .int(15))
        try expect(answer, 200, "usage.completion_tokens_details.reasoning_tokens", .int(3))
    }

    func testAStreamIsTheSameTextInPiecesAndEndsWithDone() throws {
        let body = hello.dropLast() + #","stream":true,"stream_options":{"include_usage":true}}"#
        let answer = ask(chat, String(body), headers: key)
        XCTAssertEqual(answer.header("content-type"), "text/event-stream; charset=utf-8")
        let events = try events(answer)
        let text = events.compactMap { member($0, "choices.0.delta.content")?.string }.joined()
        XCTAssertEqual(text, "Hello from the simulated OpenAI! I read: Good morning to you")
        XCTAssertEqual(events.last?["choices"], .array([]))
        XCTAssertEqual(events.last?["usage"]?["total_tokens"], .int(20))
        XCTAssertEqual(events.first?["usage"], .null)
        XCTAssertTrue(self.text(answer).hasSuffix("data: [DONE]\n\n"))
        guard case .pieces(let pieces) = answer.body else { return XCTFail("not in pieces") }
        XCTAssertGreaterThan(pieces.count, 10)
    }

    func testKeysAreToldApart() throws {
        try expect(ask("/openai/v1/models"), 401, "error.code", .null)
        for word in ["bad", "invalid", "wrong", "expired", "revoked"] {
            let answer = ask("/openai/v1/models", headers: ["Authorization": "Bearer sk-\(word)-0123456789"])
            try expect(answer, 401, "error.code", .string("invalid_api_key"))
        }
    }

    func testWrongRequestsAreRefusedInTheVendorsShape() throws {
        let start = #"{"messages":[{"role":"user","content":"x"}],"model":"#
        let refused = [
            Refused("{", 400, "error.type", .string("invalid_request_error")),
            Refused("[]", 400, "error.param", .null),
            Refused(#"{"messages":[]}"#, 400, "error.message", .string("you must provide a model parameter")),
            Refused(#"{"model":"gpt-4o"}"#, 400, "error.code", .string("missing_required_parameter")),
            Refused(#"{"model":"gpt-4o","messages":[]}"#, 400, "error.code", .string("empty_array")),
            Refused(
                #"{"model":"gpt-4o","messages":[{"role":"boss","content":"x"}]}"#, 400, "error.param",
                .string("messages[0].role")),
            Refused(start + #""gpt-99"}"#, 404, "error.code", .string("model_not_found")),
            Refused(start + #""o3-mini"}"#, 404, "error.code", .string("model_not_found")),
            Refused(start + #""text-embedding-3-small"}"#, 404, "error.param", .string("model")),
            Refused(start + #""gpt-4o","temperature":2.5}"#, 400, "error.code", .string("decimal_above_max_value")),
            Refused(start + #""gpt-4o","max_tokens":0}"#, 400, "error.code", .string("integer_below_min_value")),
            Refused(start + #""gpt-4o","top_p":"1"}"#, 400, "error.code", .string("invalid_type")),
            Refused(start + #""gpt-4o","topP":1}"#, 400, "error.param", .string("topP")),
            Refused(start + #""gpt-5","max_tokens":9}"#, 400, "error.code", .string("unsupported_parameter")),
            Refused(start + #""gpt-5.4","temperature":0.5}"#, 400, "error.code", .string("unsupported_value")),
            Refused(start + #""o3","presence_penalty":1}"#, 400, "error.param", .string("presence_penalty")),
        ]
        for row in refused { try expect(ask(chat, row.body, headers: key), row.status, row.path, row.value) }
        let gentle = start + #""gpt-5","temperature":1.0,"max_completion_tokens":9}"#
        XCTAssertEqual(ask(chat, gentle, headers: key).status, 200)
    }

    func testWrongPathsAndMethodsAreRefused() throws {
        try expect(
            ask("/openai/v1/nothing", headers: key), 404, "error.message", .string("Invalid URL (GET /v1/nothing)"))
        let answer = ask("/openai/v1/models", "{}", headers: key)
        try expect(answer, 405, "error.code", .string("method_not_supported"))
        XCTAssertEqual(answer.header("allow"), "GET")
    }

    func testEmbeddingsComeAsNumbersOrAsOctets() throws {
        let body = #"{"model":"text-embedding-3-small","input":["one","two words"],"dimensions":4}"#
        let answer = ask("/openai/v1/embeddings", body, headers: key)
        try expect(answer, 200, "usage.prompt_tokens", .int(3))
        let numbers = try XCTUnwrap(member(try json(answer), "data.1.embedding")?.array)
        let length = numbers.compactMap { $0.number.flatMap { Double($0.text) } }.reduce(0) { $0 + $1 * $1 }
        XCTAssertEqual(numbers.count, 4)
        XCTAssertEqual(length, 1, accuracy: 0.0001)
        let packed = ask(
            "/openai/v1/embeddings", body.dropLast() + #","encoding_format":"base64"}"#, headers: key)
        let octets = member(try json(packed), "data.0.embedding")?.string.flatMap { Data(base64Encoded: $0) }
        XCTAssertEqual(octets?.count, 16)
        let wrong = #"{"model":"text-embedding-ada-002","input":"x","dimensions":4}"#
        try expect(ask("/openai/v1/embeddings", wrong, headers: key), 400, "error.param", .string("dimensions"))
    }

    func testAnImageIsARealPicture() throws {
        let body = #"{"model":"gpt-image-2","prompt":"a blue square","n":2}"#
        let answer = ask("/openai/v1/images/generations", body, headers: key)
        XCTAssertEqual(try json(answer)["data"]?.array?.count, 2)
        let picture = member(try json(answer), "data.0.b64_json")?.string.flatMap { Data(base64Encoded: $0) }
        XCTAssertEqual(picture?.prefix(8), Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
        let style = #"{"model":"gpt-image-2","prompt":"x","style":"vivid"}"#
        try expect(ask("/openai/v1/images/generations", style, headers: key), 400, "error.param", .string("style"))
    }
}
