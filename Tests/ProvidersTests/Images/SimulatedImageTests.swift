import Domain
import Outbound
import Providers
import XCTest

/// The adapters against the simulator: two readings of the same documents have to fit each other.
final class SimulatedImageTests: XCTestCase {
    private let vendors = SimulatedVendors()
    private var server: ScriptedServer?

    private let subjects = [
        (slug: "gemini", path: "gemini", model: "gemini-2.5-flash-image"),
        (slug: "openrouter", path: "openrouter/api/v1", model: "google/gemini-2.5-flash-image"),
        (slug: "requesty", path: "requesty/v1", model: "google/gemini-2.5-flash-image"),
    ]

    override func setUpWithError() throws {
        let step = ScriptedServer.Step.made { [vendors] asked in vendors.answer(asked) }
        server = try ScriptedServer([ScriptedServer.Step](repeating: step, count: 200))
    }

    override func tearDown() { server?.stop() }

    private func with<Value>(
        _ slug: String, _ path: String, key: String,
        _ call: (any ImageAdapter, Credentials, ProviderEndpoint, HTTPClient) throws(Failure) -> Value
    ) throws -> Result<Value, Failure> {
        let origin = try XCTUnwrap(server).origin
        let endpoint = ProviderEndpoint(url: try HTTPURL("\(origin)/\(path)"), timeoutMilliseconds: 5_000)
        let adapter = try XCTUnwrap(Adapters.image(slug))
        let client = try Vendor.client()
        return Result { () throws(Failure) in try call(adapter, .apiKey(Secret(key)), endpoint, client) }
    }

    private func paint(
        _ subject: (slug: String, path: String, model: String), _ prompt: String, key: String = "key"
    ) throws -> Result<ImageReply, Failure> {
        let request = try ImageRequest(model: subject.model, prompt: prompt, aspectRatio: "16:9")
        return try with(subject.slug, subject.path, key: key) { adapter, credential, endpoint, client throws(Failure) in
            try adapter.generate(request, credential, at: endpoint, with: client)
        }
    }

    func testAPictureIsPaintedCountedAndPriced() throws {
        for subject in subjects {
            let reply = try paint(subject, "A lighthouse").get()
            XCTAssertEqual(reply.images.map(\.format), [.png], subject.slug)
            XCTAssertEqual(reply.usage.promptTokens, 6, subject.slug)
            XCTAssertEqual(reply.imageTokens, 1_290, subject.slug)
            let words = reply.text.split(separator: " ").count + 1
            XCTAssertEqual(reply.usage.completionTokens, 1_290 + words, subject.slug)
            if subject.slug != "gemini" {
                // 6 × 0.30, the words × 2.50 and 1,290 × 30 dollars for a million tokens, and 5 % at Requesty.
                let billionths = (6 * 300 + words * 2_500 + 38_700_000) * (subject.slug == "requesty" ? 105 : 100) / 100
                XCTAssertEqual(reply.cost?.amount.text, decimal(billionths), subject.slug)
            } else {
                XCTAssertNil(reply.cost)
            }
        }
    }

    private func decimal(_ billionths: Int) -> String {
        var text = String(billionths)
        text = "0." + String(repeating: "0", count: 9 - text.count) + text
        while text.last == "0" { text.removeLast() }
        return text
    }

    func testAPictureCanBeHeldBackAndAModelCanFail() throws {
        for subject in subjects {
            let reply = try paint(subject, "A lighthouse [[job moderated]]").get()
            XCTAssertTrue(reply.isBlocked && reply.images.isEmpty, subject.slug)
            guard subject.slug != "gemini" else { continue }
            XCTAssertEqual(
                try paint(subject, "A lighthouse [[job failed]]").upstream?.kind, .overloaded, subject.slug)
        }
    }

    func testRefusalsAreUnderstood() throws {
        let refusals: [(String, UpstreamFailure.Kind)] = [
            ("revoked", .invalidCredential), ("fault=no-money", .outOfMoney), ("fault=rate-limit", .rateLimited),
            ("fault=overloaded", .overloaded), ("fault=server-error", .overloaded), ("fault=forbidden", .forbidden),
            ("fault=garbage", .malformed), ("fault=html", .malformed),
        ]
        for subject in subjects {
            for (key, kind) in refusals {
                XCTAssertEqual(try paint(subject, "x", key: key).upstream?.kind, kind, "\(subject.slug) \(key)")
                let validated = try with(subject.slug, subject.path, key: key) {
                    adapter, credential, endpoint, client throws(Failure) in
                    try adapter.validate(credential, at: endpoint, with: client)
                }
                XCTAssertEqual(validated.upstream?.kind, kind, "\(subject.slug) \(key)")
            }
            XCTAssertEqual(
                try paint((subject.slug, subject.path, "no-such-model"), "x").upstream.map {
                    [.gone, .badRequest].contains($0.kind)
                },
                true, subject.slug)
        }
    }

    func testOnlyAManagementKeySeesOpenRoutersBalance() throws {
        for (key, balance) in [("management-balance=12.50", "12.25"), ("key", nil)] {
            let found = try with("openrouter", "openrouter/api/v1", key: key) {
                adapter, credential, endpoint, client throws(Failure) in
                try adapter.validate(credential, at: endpoint, with: client)
                return try adapter.balance(credential, at: endpoint, with: client)
            }
            XCTAssertEqual(try found.get()?.amount.text, balance)
        }
    }
}
