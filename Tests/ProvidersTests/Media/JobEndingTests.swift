import Domain
import JSON
import XCTest

@testable import Providers

/// What becomes of a job that is known by the provider's own ID when it is to be stopped.
final class JobEndingTests: XCTestCase {
    private func cancel(
        _ script: [ScriptedServer.Step], slug: String = "replicate", model: String = "owner/model",
        id: String = "abcdefghijklmnop"
    ) throws -> (ending: Result<JobEnding?, Failure>, asked: [String]) {
        let server = try ScriptedServer(script)
        defer { server.stop() }
        let client = ProviderClient(try Vendor.client())
        let ending = Result { () throws(Failure) in
            try client.cancel(
                model: model, providerRequestID: id, .apiKey(Secret(Vendor.key)), slug: slug,
                endpoint: server.origin, authType: .bearer, timeoutMilliseconds: 5_000)
        }
        return (ending, server.asked.map { "\($0.method) \($0.target)" })
    }

    func testAJobThatRunsIsStopped() throws {
        let (ending, asked) = try cancel([.answer(200, #"{"id":"abcdefghijklmnop","status":"canceled"}"#)])
        XCTAssertEqual(ending, .success(.stopped(.cancelled)))
        XCTAssertEqual(asked, ["POST /v1/predictions/abcdefghijklmnop/cancel"])
    }

    func testAJobThatHasFinishedIsAskedForItsResult() throws {
        let (ending, asked) = try cancel([
            .answer(200, #"{"id":"abcdefghijklmnop","status":"succeeded"}"#),
            .answer(200, #"{"id":"abcdefghijklmnop","status":"succeeded","output":["u"]}"#),
        ])
        XCTAssertEqual(ending, .success(.finished(.succeeded(output: .array([.string("u")]), cost: nil))))
        XCTAssertEqual(asked.count, 2)
    }

    private static let processing = ScriptedServer.Step.answer(200, #"{"id":"abcdefghijklmnop","status":"processing"}"#)

    func testAJobWhoseEndWasAskedForIsLookedAtUntilItHasEnded() throws {
        let (ending, asked) = try cancel([
            Self.processing, Self.processing, .answer(200, #"{"id":"abcdefghijklmnop","status":"canceled"}"#),
        ])
        XCTAssertEqual(ending, .success(.finished(.cancelled)))
        XCTAssertEqual(asked.count, 3)
        let (late, _) = try cancel([
            Self.processing, .answer(200, #"{"id":"abcdefghijklmnop","status":"succeeded","output":["u"]}"#),
        ])
        XCTAssertEqual(late, .success(.finished(.succeeded(output: .array([.string("u")]), cost: nil))))
    }

    func testAJobThatDoesNotEndIsNotWaitedFor() throws {
        let (ending, asked) = try cancel(Array(repeating: Self.processing, count: 4))
        XCTAssertEqual(ending, .success(.stopped(.requested)))
        XCTAssertEqual(asked.count, 4)
    }

    func testAJobThatNobodyCanStopIsLookedAtOnce() throws {
        func ending(_ status: Int, _ body: String) throws -> Result<JobEnding?, Failure> {
            let (ending, asked) = try cancel(
                [.answer(status, body)], slug: "black_forest_labs", model: "flux-2-pro",
                id: "f81d4fae-7dec-41d0-a765-00a0c91e6bf6")
            XCTAssertEqual(asked, ["GET /v1/get_result?id=f81d4fae-7dec-41d0-a765-00a0c91e6bf6"])
            return ending
        }
        XCTAssertEqual(try ending(200, #"{"id":"j","status":"Pending"}"#), .success(.stopped(.notSupported)))
        XCTAssertEqual(
            try ending(200, #"{"id":"j","status":"Content Moderated"}"#), .success(.finished(.moderated)))
        XCTAssertEqual(
            try ending(404, #"{"id":"j","status":"Task not found"}"#), .success(.stopped(.notFound)))
    }

    func testAJobThatTheProviderDoesNotKnowIsNoFailure() throws {
        XCTAssertEqual(try cancel([.answer(404, #"{"detail":"not found"}"#)]).ending, .success(.stopped(.notFound)))
    }

    func testAProviderThatCannotBeAskedIsAFailure() throws {
        guard case .failure(.upstream(let failure)) = try cancel([.answer(503, "{}")]).ending else {
            return XCTFail("no failure")
        }
        XCTAssertEqual(failure.kind, .overloaded)
    }

    func testNobodyIsAskedWithoutAJob() throws {
        for (slug, id) in [("openai", "abcdefghijklmnop"), ("replicate", "../secrets")] {
            let (ending, asked) = try cancel([], slug: slug, id: id)
            XCTAssertEqual(ending, .success(nil))
            XCTAssertEqual(asked, [])
        }
    }
}
