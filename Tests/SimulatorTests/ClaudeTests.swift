import JSON
import Simulator
import XCTest

final class ClaudeTests: SimulatorTestCase {
    private let older = ["x-api-key": "sk-ant-test", "anthropic-version": "2023-06-01"]
    private let newest = ["x-api-key": "sk-ant-test", "anthropic-version": "2026-10-21"]
    private let start = #"{"max_tokens":100,"messages":[{"role":"user","content":"Good morning"}],"model":"#

    func testTheListIsPagedAndItsShapeFollowsTheVersion() throws {
        let first = ask("/claude/v1/models?limit=2", headers: newest)
        try expect(first, 200, "has_more", .bool(true))
        try expect(first, 200, "data.0.lifecycle", .string("active"))
        let last = try XCTUnwrap(try json(first)["last_id"]?.string)
        let second = ask("/claude/v1/models?limit=2&after_id=\(last)", headers: older)
        XCTAssertNil(member(try json(second), "data.0.lifecycle"))
        XCTAssertNotEqual(try json(second)["first_id"], try json(first)["first_id"])
        let before = try XCTUnwrap(try json(second)["first_id"]?.string)
        let back = ask("/claude/v1/models?limit=2&before_id=\(before)", headers: newest)
        XCTAssertEqual(try json(back)["data"], try json(first)["data"])
        try expect(
            ask("/claude/v1/models?limit=0", headers: newest), 400, "error.type", .string("invalid_request_error"))
    }

    func testAMessageAnswersWithTheStatedUsage() throws {
        let body = start.replacing("Good", with: "[[cached 5]] [[cache-write 2]] Good") + #""claude-sonnet-4-6"}"#
        let answer = ask("/claude/v1/messages", body, headers: older)
        let text = "Hello from the simulated Anthropic! I read: Good morning"
        try expect(answer, 200, "content.0.text", .string(text))
        try expect(answer, 200, "stop_reason", .string("end_turn"))
        try expect(answer, 200, "usage.input_tokens", .int(3))
        try expect(answer, 200, "usage.cache_read_input_tokens", .int(5))
        try expect(answer, 200, "usage.cache_creation_input_tokens", .int(2))
        try expect(answer, 200, "usage.output_tokens", .int(10))
        XCTAssertNotNil(answer.header("request-id"))
    }

    func testAStreamNamesItsEventsInOrder() throws {
        let answer = ask("/claude/v1/messages", start + #""claude-opus-5-5","stream":true}"#, headers: newest)
        let names = text(answer).split(separator: "\n").filter { $0.hasPrefix("event: ") }.map { $0.dropFirst(7) }
        let types = try events(answer).compactMap { $0["type"]?.string }
        XCTAssertEqual(names.map(String.init), types)
        XCTAssertEqual(Array(types.prefix(2)), ["message_start", "content_block_start"])
        XCTAssertEqual(Array(types.suffix(3)), ["content_block_stop", "message_delta", "message_stop"])
        let text = try events(answer).compactMap { member($0, "delta.text")?.string }.joined()
        XCTAssertEqual(text, "Hello from the simulated Anthropic! I read: Good morning")
    }

    func testKeyAndVersionAreDemanded() throws {
        let type = "error.type"
        let path = "/claude/v1/models"
        try expect(ask(path, headers: ["anthropic-version": "2023-06-01"]), 401, type, .string("authentication_error"))
        try expect(ask(path, headers: ["x-api-key": "k"]), 400, type, .string("invalid_request_error"))
        let wrong = ["x-api-key": "k", "anthropic-version": "2022-01-01"]
        try expect(ask(path, headers: wrong), 400, type, .string("invalid_request_error"))
        let bad = ["x-api-key": "sk-ant-bad", "anthropic-version": "2023-06-01"]
        try expect(ask(path, headers: bad), 401, "error.message", .string("invalid x-api-key"))
        let bearer = ["authorization": "Bearer k", "anthropic-version": "2023-06-01"]
        XCTAssertEqual(ask(path, headers: bearer).status, 200)
    }

    func testSamplingDependsOnModelAndVersion() throws {
        let path = "/claude/v1/messages"
        let warm = #","temperature":0.5}"#
        XCTAssertEqual(ask(path, start + #""claude-sonnet-4-6""# + warm, headers: older).status, 200)
        try expect(
            ask(path, start + #""claude-sonnet-4-6""# + warm, headers: newest), 400, "error.message",
            .string("temperature: Extra inputs are not permitted"))
        try expect(
            ask(path, start + #""claude-sonnet-5-5""# + warm, headers: older), 400, "error.message",
            .string("`temperature` is deprecated for this model."))
        let both = start + #""claude-sonnet-4-6","temperature":0.5,"top_p":0.5}"#
        XCTAssertEqual(ask(path, both, headers: older).status, 400)
    }

    func testWrongRequestsAreRefusedInTheVendorsShape() throws {
        let type = "error.type"
        let refused = [
            Refused("nonsense", 400, type, .string("invalid_request_error")),
            Refused(#"{"messages":[]}"#, 400, "error.message", .string("model: Field required")),
            Refused(
                #"{"model":"claude-opus-5-5","messages":[{"role":"user","content":"x"}]}"#, 400, "error.message",
                .string("max_tokens: Field required")),
            Refused(
                #"{"model":"claude-opus-5-5","max_tokens":5}"#, 400, "error.message",
                .string("messages: Field required")),
            Refused(start + #""claude-99"}"#, 404, type, .string("not_found_error")),
            Refused(start + #""claude-3-5-sonnet-20241022"}"#, 404, type, .string("not_found_error")),
            Refused(
                start + #""claude-opus-5-5","frequency_penalty":1}"#, 400, "error.message",
                .string("frequency_penalty: Extra inputs are not permitted")),
            Refused(
                start + #""claude-sonnet-4-6","temperature":1.5}"#, 400, "error.message",
                .string("temperature: Input should be less than or equal to 1")),
        ]
        for row in refused {
            try expect(ask("/claude/v1/messages", row.body, headers: older), row.status, row.path, row.value)
        }
        try expect(ask("/claude/v1/messages", headers: older), 405, type, .string("invalid_request_error"))
        try expect(ask("/claude/v1/nothing", headers: older), 404, type, .string("not_found_error"))
    }
}
