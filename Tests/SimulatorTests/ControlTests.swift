import JSON
import Simulator
import XCTest

final class ControlTests: SimulatorTestCase {
    private let key = ["Authorization": "Bearer abc"]

    func testItIsHealthyAndKnowsItsProviders() throws {
        let slugs = [
            "openai", "claude", "gemini", "cohere", "ollama", "fal_ai", "replicate", "minimax", "runway_ml",
            "black_forest_labs", "openrouter", "requesty", "vsphere", "openstack",
        ]
        let names = slugs.map { JSONValue.string($0) }
        try expect(ask("/_sim/health"), 200, "providers", .array(names))
        XCTAssertEqual(ask("/elsewhere/v1/models").status, 404)
        XCTAssertEqual(ask("/_sim/nothing").status, 404)
        XCTAssertEqual(ask("/_sim/health", "{}").status, 405)
    }

    func testAnOrderIsShownLimitedAndDeleted() throws {
        let order = #"{"fault":"overloaded","times":2,"paths":["chat"]}"#
        XCTAssertEqual(ask("/_sim/faults/openai", order, method: "PUT").status, 200)
        try expect(ask("/_sim/faults"), 200, "faults.0.times", .int(2))
        XCTAssertEqual(ask("/openai/v1/models", headers: key).status, 200, "only chats fail")
        XCTAssertEqual(ask("/openai/v1/chat/completions", "{}", headers: key).status, 503)
        try expect(ask("/_sim/faults"), 200, "faults.0.times", .int(1))
        XCTAssertEqual(ask("/_sim/faults/openai", method: "DELETE").status, 204)
        try expect(ask("/_sim/faults"), 200, "faults", .array([]))
        XCTAssertEqual(ask("/openai/v1/chat/completions", "{}", headers: key).status, 400)
    }

    func testAnOrderWithoutTimesLastsUntilAllAreDeleted() {
        XCTAssertEqual(ask("/_sim/faults/openai", #"{"fault":"slow=5"}"#, method: "PUT").status, 200)
        for _ in 0..<3 { XCTAssertEqual(ask("/openai/v1/models", headers: key).delayMilliseconds, 5) }
        XCTAssertEqual(ask("/_sim/faults", method: "DELETE").status, 204)
        XCTAssertEqual(ask("/openai/v1/models", headers: key).delayMilliseconds, 0)
    }

    func testWrongOrdersAreRefused() {
        let wrong = [
            "", "{}", #"{"fault":"sleepy"}"#, #"{"fault":"cut","times":0}"#, #"{"fault":"cut","times":"2"}"#,
            #"{"fault":"cut","paths":[]}"#, #"{"fault":"cut","paths":["chats"]}"#, #"{"fault":"slow=forever"}"#,
        ]
        for body in wrong { XCTAssertEqual(ask("/_sim/faults/openai", body, method: "PUT").status, 400, body) }
        XCTAssertEqual(ask("/_sim/faults/nobody", #"{"fault":"cut"}"#, method: "PUT").status, 404)
        XCTAssertEqual(ask("/_sim/faults/nobody", method: "DELETE").status, 404)
    }

    func testRequestsAreRememberedWithoutTheirKeys() throws {
        _ = ask("/openai/v1/chat/completions", #"{"a":"ü"}"#, headers: key)
        _ = ask("/gemini/v1beta/models?key=abc&pageSize=1")
        let all = ask("/_sim/requests")
        let requests = try XCTUnwrap(try json(all)["requests"]?.array)
        XCTAssertEqual(requests.count, 2)
        XCTAssertEqual(requests[0]["provider"], .string("gemini"), "the newest comes first")
        XCTAssertEqual(requests[0]["query"], .array([.string("pageSize=1")]))
        XCTAssertEqual(requests[1]["headers"], .array([.string("authorization")]))
        XCTAssertEqual(requests[1]["body"], .string(#"{"a":"ü"}"#))
        // SHA-256 of "abc", the example of FIPS 180-4.
        XCTAssertEqual(requests[1]["keySHA256"], .string("ba7816bf8f01cfea"))
        XCTAssertEqual(requests[0]["keySHA256"], requests[1]["keySHA256"])
        XCTAssertFalse(text(all).contains("Bearer"))
        let one = ask("/_sim/requests?provider=openai&limit=5")
        XCTAssertEqual(try json(one)["requests"]?.array?.count, 1)
        XCTAssertEqual(ask("/_sim/requests?limit=x").status, 400)
        XCTAssertEqual(ask("/_sim/requests", method: "DELETE").status, 204)
        try expect(ask("/_sim/requests"), 200, "requests", .array([]))
    }

    func testOnlyTheLast200RequestsAreKept() throws {
        for number in 0..<205 { _ = ask("/ollama/api/version?number=\(number)") }
        let requests = try XCTUnwrap(try json(ask("/_sim/requests"))["requests"]?.array)
        XCTAssertEqual(requests.count, 200)
        XCTAssertEqual(requests.last?["query"], .array([.string("number=5")]))
    }

    func testLongKeysAreHashedOverSeveralBlocks() throws {
        let long = String(repeating: "a", count: 1_000)
        _ = ask("/openai/v1/models", headers: ["Authorization": "Bearer \(long)"])
        try expect(ask("/_sim/requests"), 200, "requests.0.keySHA256", .string("41edece42d63e8d9"))
    }
}
