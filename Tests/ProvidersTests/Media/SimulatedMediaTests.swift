import Domain
import JSON
import Outbound
import Providers
import XCTest

/// The adapters against the simulator: two readings of the same documents have to fit each other.
final class SimulatedMediaTests: XCTestCase {
    /// A provider, a model of it, and an input with room for an order.
    private struct Subject {
        let slug: String
        let model: String
        let prompt: String
        let hasBalance: Bool
        let canCancel: Bool
    }

    private let subjects = [
        Subject(
            slug: "fal_ai", model: "fal-ai/flux-pro/v1.1", prompt: "prompt", hasBalance: true, canCancel: true),
        Subject(
            slug: "replicate", model: "black-forest-labs/flux-1.1-pro", prompt: "prompt", hasBalance: false,
            canCancel: true),
        Subject(
            slug: "minimax", model: "MiniMax-Hailuo-02", prompt: "prompt", hasBalance: false, canCancel: false),
        Subject(slug: "minimax", model: "MiniMax-H3", prompt: "prompt", hasBalance: false, canCancel: false),
        Subject(slug: "runway_ml", model: "gen4.5", prompt: "promptText", hasBalance: true, canCancel: true),
        Subject(
            slug: "black_forest_labs", model: "flux-2-pro", prompt: "prompt", hasBalance: true, canCancel: false),
    ]

    private let vendors = SimulatedVendors()
    private var server: ScriptedServer?

    override func setUpWithError() throws {
        let step = ScriptedServer.Step.made { [vendors] asked in vendors.answer(asked) }
        server = try ScriptedServer([ScriptedServer.Step](repeating: step, count: 500))
    }

    override func tearDown() { server?.stop() }

    private func with<Value>(
        _ subject: Subject, key: String = "admin-key",
        _ call: (any MediaAdapter, Credentials, ProviderEndpoint, HTTPClient) throws(Failure) -> Value
    ) throws -> Result<Value, Failure> {
        let origin = try XCTUnwrap(server).origin
        let endpoint = ProviderEndpoint(
            url: try HTTPURL("\(origin)/\(subject.slug)"), timeoutMilliseconds: 5_000)
        let adapter = try XCTUnwrap(Adapters.media(subject.slug))
        let client = try Vendor.client()
        return Result { () throws(Failure) in try call(adapter, .apiKey(Secret(key)), endpoint, client) }
    }

    private func submit(
        _ subject: Subject, order: String = "", key: String = "key"
    ) throws -> Result<GenerationJob, Failure> {
        let input = #"{"\#(subject.prompt)":"A lighthouse \#(order)","ratio":"1280:720"}"#
        let request = GenerationRequest(
            model: subject.model, input: try XCTUnwrap(try JSONParser.parse(input).object))
        return try with(subject, key: key) { adapter, credential, endpoint, client throws(Failure) in
            try adapter.submit(request, credential, at: endpoint, with: client)
        }
    }

    private func poll(_ subject: Subject, _ job: GenerationJob, after milliseconds: Int64) throws -> GenerationStatus {
        vendors.goAhead(milliseconds)
        defer { vendors.goAhead(0) }
        return try with(subject) { adapter, credential, endpoint, client throws(Failure) in
            try adapter.poll(job, credential, at: endpoint, with: client)
        }.get()
    }

    func testAGoodKeyIsAcceptedAndTheBalanceIsSeen() throws {
        for subject in subjects {
            let validated = try with(subject, key: "admin-balance=250") {
                adapter, credential, endpoint, client throws(Failure) in
                try adapter.validate(credential, at: endpoint, with: client)
                return try adapter.balance(credential, at: endpoint, with: client)
            }
            let amount = subject.slug == "fal_ai" ? "250" : "2.5"
            XCTAssertEqual(try validated.get(), subject.hasBalance ? MediaVendor.dollars(amount) : nil, subject.slug)
        }
        let ordinary = try with(subjects[0], key: "key") { adapter, credential, endpoint, client throws(Failure) in
            try adapter.balance(credential, at: endpoint, with: client)
        }
        XCTAssertEqual(ordinary, .success(nil), "only an ADMIN key sees it")
    }

    func testRefusalsAreUnderstood() throws {
        for subject in subjects {
            let refusals: [(String, UpstreamFailure.Kind)] = [
                ("revoked", .invalidCredential), ("fault=no-money", .outOfMoney), ("fault=rate-limit", .rateLimited),
                ("fault=overloaded", .overloaded), ("fault=server-error", .overloaded), ("fault=forbidden", .forbidden),
                ("fault=garbage", .malformed), ("fault=html", .malformed),
            ]
            for (key, kind) in refusals {
                XCTAssertEqual(try submit(subject, key: key).upstream?.kind, kind, "\(subject.model) \(key)")
                let validated = try with(subject, key: key) { adapter, credential, endpoint, client throws(Failure) in
                    try adapter.validate(credential, at: endpoint, with: client)
                }
                XCTAssertEqual(validated.upstream?.kind, kind, "\(subject.slug) \(key)")
            }
        }
    }

    func testAJobIsFollowedToItsEnd() throws {
        for subject in subjects {
            let job = try submit(subject).get()
            XCTAssertEqual(try poll(subject, job, after: 0), .queued, subject.model)
            guard case .running = try poll(subject, job, after: 2_000) else { return XCTFail(subject.model) }
            guard case .succeeded(let output, let cost) = try poll(subject, job, after: 4_000) else {
                return XCTFail(subject.model)
            }
            XCTAssertTrue("\(output)".contains("/\(subject.slug)/files/"), subject.model)
            let reports = ["runway_ml", "black_forest_labs"].contains(subject.slug)
            XCTAssertEqual(cost != nil, reports, subject.model)
        }
    }

    func testFailureModerationAndCancellationAreSeen() throws {
        for subject in subjects {
            let failed = try poll(subject, submit(subject, order: "[[job failed]]").get(), after: 4_000)
            guard case .failed = failed else { return XCTFail("\(subject.model) \(failed)") }
            let moderated = try poll(subject, submit(subject, order: "[[job moderated]]").get(), after: 4_000)
            XCTAssertEqual(moderated, .moderated, subject.model)
            let endless = try submit(subject, order: "[[job endless]]").get()
            guard case .running = try poll(subject, endless, after: 600_000) else { return XCTFail(subject.model) }
            let outcome = try with(subject) { adapter, credential, endpoint, client throws(Failure) in
                try adapter.cancel(endless, credential, at: endpoint, with: client)
            }
            XCTAssertEqual(outcome, .success(subject.canCancel ? .cancelled : .notSupported), subject.model)
            guard subject.canCancel else { continue }
            XCTAssertEqual(try poll(subject, endless, after: 600_000), .cancelled, subject.model)
        }
    }

    func testAJobThatNobodySubmittedIsUnknown() throws {
        for subject in subjects {
            let id = subject.slug == "minimax" ? "123456789012345678901234" : "0190c1a2-b3c4-d5e6"
            let result = try with(subject) { adapter, credential, endpoint, client throws(Failure) in
                let job = try adapter.job(model: subject.model, providerRequestID: id)
                return try adapter.poll(job, credential, at: endpoint, with: client)
            }
            XCTAssertEqual(result.upstream?.kind, .gone, subject.model)
        }
    }

    func testModelsAreListed() throws {
        for subject in subjects where subject.slug != "minimax" {
            let models = try with(subject) { adapter, credential, endpoint, client throws(Failure) in
                try adapter.models(credential, at: endpoint, with: client)
            }
            let found = try models.get().models.first { $0.id == subject.model }
            // The pages' addresses are https, which this server does not speak, so only the first page is had.
            if subject.slug != "replicate" { XCTAssertNotNil(found, subject.model) }
            XCTAssertEqual(found?.unitPrice?.text, subject.slug == "fal_ai" ? "0.04" : nil, subject.model)
        }
    }
}
