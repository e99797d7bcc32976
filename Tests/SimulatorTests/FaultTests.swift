import JSON
import Simulator
import XCTest

final class FaultTests: SimulatorTestCase {
    /// For each provider: a chat, the header of the key, and the name of a model in the answer.
    private struct Subject {
        let name: String
        let path: String
        let body: String
        let keyHeader: String
        let keyPrefix: String
        let model: String?
        let statuses: [String: Int]
    }

    private let subjects = [
        Subject(
            name: "openai", path: "/openai/v1/chat/completions",
            body: #"{"model":"gpt-4o","messages":[{"role":"user","content":"Hi ORDER"}]}"#, keyHeader: "authorization",
            keyPrefix: "Bearer ", model: "model",
            statuses: [
                "bad-key": 401, "forbidden": 403, "no-money": 429, "rate-limit": 429, "overloaded": 503,
                "server-error": 500, "model-gone": 404,
            ]),
        Subject(
            name: "claude", path: "/claude/v1/messages",
            body: #"{"model":"claude-opus-5-5","max_tokens":9,"messages":[{"role":"user","content":"Hi ORDER"}]}"#,
            keyHeader: "x-api-key", keyPrefix: "", model: "model",
            statuses: [
                "bad-key": 401, "forbidden": 403, "no-money": 400, "rate-limit": 429, "overloaded": 529,
                "server-error": 500, "model-gone": 404,
            ]),
        Subject(
            name: "gemini", path: "/gemini/v1beta/models/gemini-3.8-flash:generateContent",
            body: #"{"contents":[{"parts":[{"text":"Hi ORDER"}]}]}"#, keyHeader: "x-goog-api-key", keyPrefix: "",
            model: "modelVersion",
            statuses: [
                "bad-key": 400, "forbidden": 403, "no-money": 402, "rate-limit": 429, "overloaded": 503,
                "server-error": 500, "model-gone": 404,
            ]),
        Subject(
            name: "cohere", path: "/cohere/v2/chat",
            body: #"{"model":"command-r","messages":[{"role":"user","content":"Hi ORDER"}]}"#,
            keyHeader: "authorization", keyPrefix: "Bearer ", model: nil,
            statuses: [
                "bad-key": 401, "forbidden": 403, "no-money": 402, "rate-limit": 429, "overloaded": 503,
                "server-error": 500, "model-gone": 404,
            ]),
        Subject(
            name: "ollama", path: "/ollama/api/chat",
            body: #"{"model":"llama2","stream":false,"messages":[{"role":"user","content":"Hi ORDER"}]}"#,
            keyHeader: "authorization", keyPrefix: "Bearer ", model: "model",
            statuses: [
                "bad-key": 401, "forbidden": 403, "no-money": 402, "rate-limit": 429, "overloaded": 503,
                "server-error": 500, "model-gone": 404,
            ]),
    ]

    private func chat(_ subject: Subject, key: String = "good", order: String = "") -> SimAnswer {
        ask(
            subject.path, subject.body.replacing("ORDER", with: order),
            headers: [subject.keyHeader: subject.keyPrefix + key, "anthropic-version": "2026-10-21"])
    }

    func testEveryRefusalComesByKeyByMessageAndByOrder() throws {
        for subject in subjects {
            for (fault, status) in subject.statuses {
                XCTAssertEqual(chat(subject, key: "k-fault=\(fault)-1").status, status, "\(subject.name) \(fault)")
                XCTAssertEqual(chat(subject, order: "[[fault \(fault)]]").status, status, "\(subject.name) \(fault)")
                let order = ask("/_sim/faults/\(subject.name)", #"{"fault":"\#(fault)","times":1}"#, method: "PUT")
                XCTAssertEqual(order.status, 200, text(order))
                XCTAssertEqual(chat(subject).status, status, "\(subject.name) \(fault)")
                XCTAssertEqual(chat(subject).status, 200, "\(subject.name) \(fault) is over after one time")
            }
        }
    }

    func testAMessageSpoilsOnlyItsChat() {
        let key = ["authorization": "Bearer good"]
        XCTAssertEqual(ask("/openai/v1/models", headers: key).status, 200)
        XCTAssertEqual(chat(subjects[0], order: "[[fault forbidden]]").status, 403)
        let embedding = #"{"model":"text-embedding-3-small","input":"[[fault forbidden]]"}"#
        XCTAssertEqual(ask("/openai/v1/embeddings", embedding, headers: key).status, 200)
    }

    func testWaitingTimesAreGivenInTheVendorsWay() throws {
        let answers = subjects.map { chat($0, key: "fault=rate-limit") }
        XCTAssertEqual(answers[0].header("Retry-After"), "7")
        XCTAssertEqual(answers[1].header("Retry-After"), "7")
        XCTAssertNil(answers[2].header("Retry-After"))
        try expect(answers[2], 429, "error.details.1.retryDelay", .string("7s"))
        XCTAssertNil(answers[3].header("Retry-After"))
    }

    func testAnotherModelIsReportedOnDemand() throws {
        for subject in subjects {
            guard let path = subject.model else { continue }
            let right = try json(chat(subject))[path]
            let wrong = try json(chat(subject, key: "fault=wrong-model"))[path]
            XCTAssertNotNil(wrong?.string)
            XCTAssertNotEqual(right, wrong, subject.name)
        }
    }

    func testSlowAndHangingAnswersAreRightButLate() {
        let ordinary = chat(subjects[0])
        let expected = ["slow": 3_000, "slow=250": 250, "hang": 61_000]
        for (fault, milliseconds) in expected {
            let answer = chat(subjects[0], key: "fault=\(fault)")
            XCTAssertEqual(answer.delayMilliseconds, milliseconds)
            XCTAssertEqual(answer.bytes, ordinary.bytes)
        }
    }

    func testADrippingAnswerComesOctetByOctet() {
        let answer = chat(subjects[0], key: "fault=drip")
        guard case .pieces(let pieces) = answer.body else { return XCTFail("not in pieces") }
        XCTAssertTrue(pieces.allSatisfy { $0.bytes.count == 1 && $0.delayMilliseconds == 200 })
        XCTAssertEqual(answer.header("content-length"), String(pieces.count))
        XCTAssertEqual(answer.bytes, chat(subjects[0]).bytes)
    }

    func testACutAnswerPromisesMoreThanItSends() {
        let whole = chat(subjects[0]).bytes
        let answer = chat(subjects[0], key: "fault=cut")
        XCTAssertEqual(answer.body, .cut(Array(whole.prefix(whole.count / 2)), promised: whole.count))
    }

    func testSpoiltBodiesAreWhatTheirNamesSay() throws {
        let bodies = ["garbage", "html", "empty", "deep-json"].map { chat(subjects[3], key: "fault=\($0)") }
        XCTAssertEqual(bodies.map(\.status), [200, 200, 200, 200])
        XCTAssertNil(String(validating: bodies[0].bytes, as: UTF8.self))
        XCTAssertTrue(text(bodies[1]).hasPrefix("<!DOCTYPE html>"))
        XCTAssertEqual(bodies[2].bytes, [])
        XCTAssertEqual(bodies[3].bytes.filter { $0 == UInt8(ascii: "{") }.count, 25_000)
        XCTAssertThrowsError(try JSONParser.parse(bodies[3].bytes))
        let redirect = chat(subjects[3], key: "fault=redirect")
        XCTAssertEqual(redirect.status, 302)
        XCTAssertEqual(redirect.header("Location")?.hasPrefix("https://elsewhere.invalid/"), true)
    }

    func testAnEndlessAnswerRepeatsItself() {
        guard case .endless(let opening, let repeated, _) = chat(subjects[0], key: "fault=endless").body else {
            return XCTFail("not endless")
        }
        XCTAssertEqual(String(decoding: opening, as: UTF8.self), "{\"text\":\"")
        XCTAssertEqual(repeated.count, 65_536)
        let stream = ask(
            subjects[4].path, subjects[4].body.replacing("false", with: "true"),
            headers: ["authorization": "Bearer fault=endless"])
        guard case .endless(_, let line, _) = stream.body else { return XCTFail("not endless") }
        XCTAssertTrue(String(decoding: line, as: UTF8.self).contains(" from"))
    }

    func testAnUnknownFaultIsNotPassedOver() {
        XCTAssertEqual(chat(subjects[0], key: "fault=nothing").status, 501)
        XCTAssertEqual(chat(subjects[0], order: "[[fault nothing]]").status, 501)
    }

    func testAFaultWithABadWordInItsNameDoesNotMakeTheKeyBad() {
        XCTAssertEqual(chat(subjects[0], key: "fault=wrong-model").status, 200)
        XCTAssertEqual(chat(subjects[0], key: "revoked-fault=slow=1").status, 401)
    }
}
