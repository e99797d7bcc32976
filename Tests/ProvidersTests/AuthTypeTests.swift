import Domain
import Outbound
import XCTest

@testable import Providers

/// Contract 4's `auth_type` decides which header carries the key.
final class AuthTypeTests: XCTestCase {
    private func headers(_ slug: String, _ type: AuthType?) throws -> [String: String] {
        let endpoint = ProviderEndpoint(
            url: try HTTPURL("https://provider.example"), timeoutMilliseconds: 100, authType: type)
        let adapter = try XCTUnwrap(Adapters.provider(slug) as? any VendorWire)
        let access = try adapter.access(.apiKey(Secret("the-key")), endpoint)
        return Dictionary(uniqueKeysWithValues: access.headers)
    }

    /// The vendor's own header for keys, and what has to come with it.
    private let own: [String: [String: String]] = [
        "openai": ["Authorization": "Bearer the-key"],
        "claude": ["x-api-key": "the-key", "anthropic-version": "2023-06-01"],
        "gemini": ["x-goog-api-key": "the-key"], "cohere": ["Authorization": "Bearer the-key"],
        "fal_ai": ["Authorization": "Key the-key"], "replicate": ["Authorization": "Bearer the-key"],
        "minimax": ["Authorization": "Bearer the-key"],
        "runway_ml": ["Authorization": "Bearer the-key", "X-Runway-Version": "2024-11-06"],
        "black_forest_labs": ["x-key": "the-key"], "openrouter": ["Authorization": "Bearer the-key"],
        "requesty": ["Authorization": "Bearer the-key"],
    ]

    func testAKeyTravelsInTheVendorsOwnHeader() throws {
        for (slug, expected) in own {
            XCTAssertEqual(try headers(slug, .apiKey), expected, slug)
            XCTAssertEqual(try headers(slug, nil), expected, slug)
        }
        let known = (Adapters.language as [any ProviderAdapter] + Adapters.media + Adapters.image).map(\.slug)
        XCTAssertEqual(Set(own.keys), Set(known).subtracting(["ollama"]))
    }

    func testABearerTokenTravelsAsOneAndTheOtherHeadersStay() throws {
        for (slug, expected) in own {
            for type in [AuthType.bearer, .oauth] {
                let sent = try headers(slug, type)
                XCTAssertEqual(sent["Authorization"], "Bearer the-key", slug)
                XCTAssertEqual(sent["anthropic-version"], expected["anthropic-version"])
                XCTAssertEqual(sent["X-Runway-Version"], expected["X-Runway-Version"])
                XCTAssertEqual(sent.values.filter { $0.contains("the-key") }.count, 1, "\(slug): the key travels once")
            }
        }
    }
}
