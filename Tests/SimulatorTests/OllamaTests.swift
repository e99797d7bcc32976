import JSON
import Simulator
import XCTest

final class OllamaTests: SimulatorTestCase {
    private let start = #"{"messages":[{"role":"user","content":"Good morning"}],"model":"#

    func testItIsRunningAndNeedsNoKey() throws {
        for path in ["/ollama", "/ollama/"] { XCTAssertEqual(text(ask(path)), "Ollama is running") }
        XCTAssertEqual(ask("/ollama/api/version", method: "HEAD").status, 200)
        XCTAssertNotNil(try json(ask("/ollama/api/version"))["version"]?.string)
        try expect(ask("/ollama/api/tags"), 200, "models.0.name", .string("llama3.2:latest"))
        try expect(ask("/ollama/api/ps"), 200, "models.0.context_length", .int(4_096))
        let shown = try json(ask("/ollama/api/show", #"{"model":"llama2"}"#))
        XCTAssertEqual(shown["model_info"]?["llama.context_length"], .int(4_096))
    }

    func testAChatStreamsLinesUnlessToldNotTo() throws {
        let answer = ask("/ollama/api/chat", start + #""llama2"}"#)
        XCTAssertEqual(answer.header("content-type"), "application/x-ndjson")
        let lines = try text(answer).split(separator: "\n").map { try JSONParser.parse(String($0)) }
        let streamed = lines.compactMap { member($0, "message.content")?.string }.joined()
        XCTAssertEqual(streamed, "Hello from the simulated Ollama! I read: Good morning")
        XCTAssertEqual(lines.map { $0["done"] == .bool(true) }.filter { $0 }.count, 1)
        let whole = ask("/ollama/api/chat", start + #""llama2","stream":false}"#)
        try expect(whole, 200, "message.content", .string(streamed))
        try expect(whole, 200, "model", .string("llama2"))
        try expect(whole, 200, "prompt_eval_count", .int(6))
        try expect(whole, 200, "eval_count", .int(10))
        XCTAssertEqual(lines.last?["eval_count"], .int(10))
        let short = ask("/ollama/api/chat", start + #""llama2","stream":false,"options":{"num_predict":3}}"#)
        try expect(short, 200, "done_reason", .string("length"))
    }

    func testWrongRequestsAreRefusedInTheVendorsShape() throws {
        let refused = [
            Refused("", 400, "error", .string("missing request body")),
            Refused("{}", 400, "error", .string("model is required")),
            Refused(start + #""llama9"}"#, 404, "error", .string("model 'llama9' not found")),
            Refused(
                start + #""llama2","options":{"temperature":"hot"}}"#, 400, "error",
                .string("option \"temperature\" must be of type float32")),
            Refused(
                start + #""nomic-embed-text"}"#, 400, "error",
                .string("\"nomic-embed-text\" does not support this operation")),
        ]
        for row in refused { try expect(ask("/ollama/api/chat", row.body), row.status, row.path, row.value) }
        XCTAssertEqual(ask("/ollama/api/chat", "{").status, 400)
        XCTAssertEqual(ask("/ollama/api/nothing").status, 404)
        XCTAssertEqual(ask("/ollama/api/chat").status, 405)
        let bad = ["Authorization": "Bearer invalid"]
        try expect(ask("/ollama/api/tags", headers: bad), 401, "error", .string("unauthorized"))
    }

    func testEmbeddingsComeInBothForms() throws {
        let many = ask("/ollama/api/embed", #"{"model":"nomic-embed-text","input":["a","b"]}"#)
        XCTAssertEqual(member(try json(many), "embeddings.1")?.array?.count, 768)
        let one = ask("/ollama/api/embeddings", #"{"model":"nomic-embed-text","prompt":"a"}"#)
        XCTAssertEqual(try json(one)["embedding"], member(try json(many), "embeddings.0"))
    }
}
