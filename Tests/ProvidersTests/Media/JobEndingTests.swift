import Domain
import JSON
import XCTest

@testable import Providers

/// What becomes of a job that is known by the provider's own ID when it is to be stopped.
final class JobEndingTests: XCTestCase {
    private func cancel(
        _ script: [ScriptedServer.Step], slug: String = "replicate", id: String = "abcdefghijklmnop"
    ) throws -> (ending: Result<JobEnding?, Failure>, asked: [String]) {
        let server = try ScriptedServer(script)
        defer { server.stop() }
        let client = ProviderClient(try Vendor.client())
        let ending = Result { () throws(Failure) in
            try client.cancel(
                model: "owner/model", providerRequestID: id, .apiKey(Secret(Vendor.key)), slug: slug,
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
