import Domain
import JSON
import Simulator
import XCTest

/// Asks a simulator of its own without any socket.
class SimulatorTestCase: XCTestCase {
    let simulator = ProviderSimulator()

    static let noon = Timestamp(seconds: 1_800_000_000)

    /// A GET without a body, a POST with one; some milliseconds after noon.
    func ask(
        _ target: String, _ body: String? = nil, method: String? = nil, headers: [String: String] = [:],
        after milliseconds: Int64 = 0
    ) -> SimAnswer {
        let request = SimRequest(
            method: method ?? (body == nil ? "GET" : "POST"), target: target,
            headers: headers.sorted { $0.key < $1.key }.map { SimHeader($0.key, $0.value) },
            body: Array((body ?? "").utf8))
        return simulator.answer(
            request, now: Timestamp(microseconds: Self.noon.microseconds + milliseconds * 1_000))
    }

    func json(_ answer: SimAnswer, file: StaticString = #filePath, line: UInt = #line) throws -> JSONValue {
        do {
            return try JSONParser.parse(answer.bytes)
        } catch {
            XCTFail("not JSON: \(text(answer))", file: file, line: line)
            throw error
        }
    }

    func text(_ answer: SimAnswer) -> String { String(decoding: answer.bytes, as: UTF8.self) }

    /// The JSON objects of an event stream in their order, without `[DONE]`.
    func events(_ answer: SimAnswer) throws -> [JSONValue] {
        let lines = text(answer).split(separator: "\n").filter { $0.hasPrefix("data: {") }
        return try lines.map { try JSONParser.parse(String($0.dropFirst(6))) }
    }

    /// Compares status and one member, found by names and indices such as `error.details.0.reason`.
    func expect(
        _ answer: SimAnswer, _ status: Int, _ path: String, _ value: JSONValue,
        file: StaticString = #filePath, line: UInt = #line
    ) throws {
        XCTAssertEqual(answer.status, status, text(answer), file: file, line: line)
        let found = member(try json(answer, file: file, line: line), path)
        XCTAssertEqual(found, value, "\(path) in \(text(answer))", file: file, line: line)
    }

    func member(_ value: JSONValue, _ path: String) -> JSONValue? {
        path.split(separator: ".").reduce(Optional(value)) { value, step in
            Int(step).map { value?[$0] } ?? value?[String(step)]
        }
    }
}

/// One row of a table of refusals: what is asked and how it is refused.
struct Refused {
    let body: String
    let status: Int
    let path: String
    let value: JSONValue

    init(_ body: String, _ status: Int, _ path: String, _ value: JSONValue) {
        self.body = body
        self.status = status
        self.path = path
        self.value = value
    }
}

extension JSONValue {
    /// A whole number of a test.
    static func int(_ value: Int) -> JSONValue { .number(JSONNumber(value)) }
}
