import Domain
import Foundation
import JSON
import Outbound
import XCTest

@testable import Providers

/// One vendor as the contract suite sees it: what it must be asked and what it answers, as its documentation has it.
struct Vendor {
    typealias Step = ScriptedServer.Step

    let slug: String
    /// What the vendor's base URL has after the origin.
    var basePath = ""
    /// What every request must carry.
    let headers: [String: String]
    /// `GET /path` or `POST /path`, in order.
    let validation: [String]
    let validationAnswers: [String]
    let chatTarget: String
    /// The JSON of a question with all settings at the values of `Vendor.settings`.
    let chatBody: String
    let chatAnswer: String
    let reply: ChatReply
    /// A refusal of the credential; nil for a vendor that has none.
    var badKey: Step?
    let forbidden: Step
    var outOfMoney: [Step] = []
    let rateLimitBody: String
    let overloaded: Step
    /// Refuses `temperature` as unsupported.
    var unsupported: Step?

    static let key = "sk-very-secret-0123456789"
    static let text = "Say \"hello\"\n"

    static var settings: ChatSettings {
        ChatSettings(
            model: "some-model:1", temperature: JSONNumber("0.70"), topP: JSONNumber("0.5"),
            frequencyPenalty: JSONNumber("-0.5"), presencePenalty: JSONNumber("1.5"), maxTokens: 50)
    }

    static let all = [openAI, claude, gemini, cohere, ollama]

    /// Validates against a server with this script and gives back what it was asked.
    @discardableResult
    func validate(
        _ script: [Step], milliseconds: Int = 5_000
    ) throws -> (failure: Failure?, asked: [ScriptedServer.Asked]) {
        let (result, asked) = try run(script, milliseconds) { adapter, credential, endpoint, client throws(Failure) in
            try adapter.validate(credential, at: endpoint, with: client)
        }
        guard case .failure(let failure) = result else { return (nil, asked) }
        return (failure, asked)
    }

    func chat(
        _ script: [Step], _ settings: ChatSettings = Vendor.settings, unsupported: Set<String> = [],
        milliseconds: Int = 5_000
    ) throws -> (result: Result<ChatReply, Failure>, asked: [ScriptedServer.Asked]) {
        let request = ChatRequest(settings: settings, message: Self.text, unsupportedParameters: unsupported)
        return try run(script, milliseconds) { adapter, credential, endpoint, client throws(Failure) in
            try adapter.chat(request, credential, at: endpoint, with: client)
        }
    }

    /// The body of the first question that these settings lead to.
    func question(_ settings: ChatSettings, unsupported: Set<String> = []) throws -> JSONValue {
        let asked = try chat([.answer(200, chatAnswer)], settings, unsupported: unsupported).asked
        return try JSONParser.parse(try XCTUnwrap(asked.first?.body))
    }

    func adapter() throws -> any LanguageAdapter { try XCTUnwrap(Adapters.language(slug)) }

    func credential(_ origin: String) throws -> Credentials {
        slug == "ollama" ? .baseURL(try HTTPURL(origin)) : .apiKey(Secret(Self.key))
    }

    private func run<Value>(
        _ script: [Step], _ milliseconds: Int,
        _ call: (any LanguageAdapter, Credentials, ProviderEndpoint, HTTPClient) throws(Failure) -> Value
    ) throws -> (Result<Value, Failure>, [ScriptedServer.Asked]) {
        let server = try ScriptedServer(script)
        defer { server.stop() }
        let endpoint = ProviderEndpoint(
            url: try HTTPURL(server.origin + basePath), timeoutMilliseconds: milliseconds)
        let adapter = try adapter()
        let credential = try credential(server.origin)
        let client = try Self.client()
        let result = Result { () throws(Failure) in try call(adapter, credential, endpoint, client) }
        return (result, server.asked)
    }

    /// A client that may go to loopback and nowhere else inside.
    static func client() throws -> HTTPClient {
        let loopback = try XCTUnwrap(NetworkRange("127.0.0.0/8"))
        return try HTTPClient(
            policy: AddressPolicy(allowedNetworks: [loopback], allowedPorts: PortSet("1024-65535") ?? .production),
            authoritiesFile: nil)
    }
}

extension Failure {
    var upstream: UpstreamFailure? { if case .upstream(let failure) = self { failure } else { nil } }
}

extension Result where Failure == Domain.Failure {
    var upstream: UpstreamFailure? { if case .failure(let failure) = self { failure.upstream } else { nil } }
}
