import JSON
import Simulator
import XCTest

final class CohereTests: SimulatorTestCase {
    private let key = ["Authorization": "Bearer co-test"]
    private let start = #"{"messages":[{"role":"user","content":"Good morning"}],"model":"#

    func testTheKeyCheckSaysValid() throws {
        try expect(ask("/cohere/v1/check-api-key", "", headers: key), 200, "valid", .bool(true))
        try expect(ask("/cohere/v1/check-api-key", ""), 401, "message", .string("no api key supplied"))
        let bad = ["Authorization": "Bearer co-expired"]
        try expect(ask("/cohere/v1/check-api-key", "", headers: bad), 401, "message", .string("invalid api token"))
    }

    func testTheListIsPagedAndFilteredByEndpoint() throws {
        let first = ask("/cohere/v1/models?page_size=1&endpoint=embed", headers: key)
        try expect(first, 200, "models.0.name", .string("embed-v4.0"))
        let token = try XCTUnwrap(try json(first)["next_page_token"]?.string)
        let second = ask("/cohere/v1/models?endpoint=embed&page_token=\(token)", headers: key)
        try expect(second, 200, "models.0.name", .string("embed-english-v3.0"))
        XCTAssertNil(try json(second)["next_page_token"])
        XCTAssertEqual(ask("/cohere/v1/models?page_size=0", headers: key).status, 400)
    }

    func testAChatAnswersWithTheStatedUsage() throws {
        let answer = ask("/cohere/v2/chat", start + #""command-r-08-2024"}"#, headers: key)
        let text = "Hello from the simulated Cohere! I read: Good morning"
        try expect(answer, 200, "message.content.0.text", .string(text))
        try expect(answer, 200, "finish_reason", .string("COMPLETE"))
        try expect(answer, 200, "usage.billed_units.input_tokens", .int(6))
        try expect(answer, 200, "usage.billed_units.output_tokens", .int(10))
        try expect(answer, 200, "usage.cached_tokens", .int(0))
    }

    func testAStreamEndsWithTheUsage() throws {
        let answer = ask("/cohere/v2/chat", start + #""command-r-08-2024","stream":true}"#, headers: key)
        let events = try events(answer)
        let text = events.filter { $0["type"] == .string("content-delta") }
            .compactMap { member($0, "delta.message.content.text")?.string }.joined()
        XCTAssertEqual(text, "Hello from the simulated Cohere! I read: Good morning")
        XCTAssertEqual(events.first?["type"], .string("message-start"))
        XCTAssertEqual(events.last.flatMap { member($0, "delta.usage.billed_units.output_tokens") }, .int(10))
    }

    func testWrongRequestsAreRefusedInTheVendorsShape() throws {
        let refused: [(String, Int)] = [
            ("", 400), (#"{"messages":[]}"#, 400), (#"{"model":"command-r"}"#, 400),
            (start + #""command-99"}"#, 404), (start + #""command-light"}"#, 404), (start + #""embed-v4.0"}"#, 400),
            (start + #""command-r","p":1.0}"#, 400), (start + #""command-r","p":0}"#, 400),
            (start + #""command-r","p":0.99}"#, 200), (start + #""command-r","frequency_penalty":-0.5}"#, 400),
            (start + #""command-r","presence_penalty":1.5}"#, 400), (start + #""command-r","temperature":-1}"#, 400),
            (start + #""command-r","top_p":0.5}"#, 400), (start + #""command-r","max_tokens":1.5}"#, 400),
            (start + #""command-a-03-2025","frequency_penalty":0.1,"presence_penalty":0.1}"#, 400),
            (start + #""command-r","frequency_penalty":0.1,"presence_penalty":0.1}"#, 200),
        ]
        for (body, status) in refused {
            let answer = ask("/cohere/v2/chat", body, headers: key)
            XCTAssertEqual(answer.status, status, body + text(answer))
            XCTAssertEqual(try json(answer)["message"]?.string == nil, status == 200, body)
        }
        XCTAssertEqual(ask("/cohere/v2/nothing", headers: key).status, 404)
        XCTAssertEqual(ask("/cohere/v2/chat", headers: key).status, 405)
    }

    func testEmbeddingsDemandTheKindOfInput() throws {
        let body = #"{"model":"embed-v4.0","texts":["a","b c"],"output_dimension":256"#
        let answer = ask("/cohere/v2/embed", body + #","input_type":"search_query"}"#, headers: key)
        XCTAssertEqual(member(try json(answer), "embeddings.float.1")?.array?.count, 256)
        try expect(answer, 200, "meta.billed_units.input_tokens", .int(3))
        XCTAssertEqual(ask("/cohere/v2/embed", body + "}", headers: key).status, 400)
    }
}
