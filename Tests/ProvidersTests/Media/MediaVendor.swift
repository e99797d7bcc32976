import Domain
import JSON
import Outbound
import XCTest

@testable import Providers

/// One media vendor as the contract suite sees it: what it must be asked and what it answers, as its documentation
/// has it.
struct MediaVendor {
    typealias Step = ScriptedServer.Step
    typealias Asked = [ScriptedServer.Asked]

    /// A script, what it must be taken for, and what must have been asked: `GET /path`.
    struct Case<Result: Sendable> {
        let script: [Step]
        let result: Result
        let asked: [String]
    }

    let slug: String
    let headers: [String: String]
    let validation: String
    let validationAnswer: String
    var model = "some-model"
    var input = #"{"prompt":"Say \"hello\"","seed":7}"#
    let submissionTarget: String
    let submissionBody: String
    let submissionAnswer: String
    let badKey: [Step]
    let forbidden: Step
    let outOfMoney: [Step]
    let rateLimited: Step
    let polls: [Case<GenerationStatus>]
    let cancels: [Case<CancelOutcome>]
    let unknownJob: Step

    /// The ID that every submission answer has.
    static let id = "0190c1a2-b3c4-d5e6"

    static let all = [fal, replicate, miniMax, runway, blackForestLabs]

    func adapter() throws -> any MediaAdapter { try XCTUnwrap(Adapters.media(slug)) }

    /// The job that a submission leads to, without the URLs that come with it.
    func job() throws -> GenerationJob { try adapter().job(model: model, providerRequestID: Self.id) }

    func validate(_ script: [Step], milliseconds: Int = 5_000) throws -> (Result<Void, Failure>, asked: Asked) {
        try run(script, milliseconds) { adapter, credential, endpoint, client throws(Failure) in
            try adapter.validate(credential, at: endpoint, with: client)
        }
    }

    func balance(_ script: [Step]) throws -> (Result<ReportedBalance?, Failure>, asked: Asked) {
        try run(script) { adapter, credential, endpoint, client throws(Failure) in
            try adapter.balance(credential, at: endpoint, with: client)
        }
    }

    func models(
        _ script: [Step], milliseconds: Int = 5_000
    ) throws -> (Result<ModelList, Failure>, asked: Asked) {
        try run(script, milliseconds) { adapter, credential, endpoint, client throws(Failure) in
            try adapter.models(credential, at: endpoint, with: client)
        }
    }

    func submit(
        _ script: [Step], model: String? = nil, input: String? = nil, milliseconds: Int = 5_000
    ) throws -> (Result<GenerationJob, Failure>, asked: Asked) {
        let object = try XCTUnwrap(try JSONParser.parse(input ?? self.input).object)
        let request = GenerationRequest(model: model ?? self.model, input: object)
        return try run(script, milliseconds) { adapter, credential, endpoint, client throws(Failure) in
            try adapter.submit(request, credential, at: endpoint, with: client)
        }
    }

    func poll(
        _ script: [Step], _ job: GenerationJob? = nil
    ) throws -> (Result<GenerationStatus, Failure>, asked: Asked) {
        let job = try job ?? self.job()
        return try run(script) { adapter, credential, endpoint, client throws(Failure) in
            try adapter.poll(job, credential, at: endpoint, with: client)
        }
    }

    func cancel(_ script: [Step], _ job: GenerationJob? = nil) throws -> (Result<CancelOutcome, Failure>, asked: Asked)
    {
        let job = try job ?? self.job()
        return try run(script) { adapter, credential, endpoint, client throws(Failure) in
            try adapter.cancel(job, credential, at: endpoint, with: client)
        }
    }

    /// Submits, and asks about the job that came of it, both against one server.
    func submitAndPoll(_ script: [Step]) throws -> (Result<GenerationStatus, Failure>, asked: Asked) {
        let object = try XCTUnwrap(try JSONParser.parse(input).object)
        let request = GenerationRequest(model: model, input: object)
        return try run(script) { adapter, credential, endpoint, client throws(Failure) in
            let job = try adapter.submit(request, credential, at: endpoint, with: client)
            return try adapter.poll(job, credential, at: endpoint, with: client)
        }
    }

    /// One for all: each reads the authorities of the machine when it is made.
    private static let client = Result { try Vendor.client() }

    private func run<Value>(
        _ script: [Step], _ milliseconds: Int = 5_000,
        _ call: (any MediaAdapter, Credentials, ProviderEndpoint, HTTPClient) throws(Failure) -> Value
    ) throws -> (Result<Value, Failure>, Asked) {
        let server = try ScriptedServer(script)
        defer { server.stop() }
        let endpoint = ProviderEndpoint(url: try HTTPURL(server.origin), timeoutMilliseconds: milliseconds)
        let (adapter, client) = (try adapter(), try Self.client.get())
        let credential = Credentials.apiKey(Secret(Vendor.key))
        let result = Result { () throws(Failure) in try call(adapter, credential, endpoint, client) }
        return (result, server.asked)
    }
}

extension [ScriptedServer.Asked] {
    /// `GET /path` of each.
    var lines: [String] { map { "\($0.method) \($0.target)" } }
}
