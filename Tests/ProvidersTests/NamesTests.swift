import Domain
import Providers
import XCTest

final class NamesTests: XCTestCase {
    func testAProviderIsFoundByItsDisplayNameInAnyCase() throws {
        for (name, slug) in [
            ("OpenAI", "openai"), ("openai", "openai"), ("CLAUDE", "claude"), ("Gemini", "gemini"),
            ("cohere", "cohere"), ("Ollama", "ollama"),
        ] {
            XCTAssertEqual(try Adapters.named(name).slug, slug)
        }
    }

    func testAnUnknownProviderIsRefusedWithTheKnownOnes() {
        for name in ["", "Anthropic", "OpenAI ", "Open\u{0410}I", "CLAUDE\0", "Gemin\u{0131}"] {
            XCTAssertThrowsError(try Adapters.named(name)) {
                XCTAssertEqual(
                    $0 as? Failure, .invalid("provider", "must be one of OpenAI, Claude, Gemini, Cohere, Ollama"))
            }
        }
    }

    func testASlugIsExact() {
        XCTAssertEqual(Adapters.language("claude")?.displayName, "Claude")
        XCTAssertNil(Adapters.language("Claude"))
        XCTAssertNil(Adapters.language("anthropic"))
    }

    func testVendorEndpointsAreWhatTheVendorsSDKsTake() {
        XCTAssertEqual(
            Adapters.language.map(\.vendorEndpoint),
            [
                "https://api.openai.com/v1", "https://api.anthropic.com", "https://generativelanguage.googleapis.com",
                "https://api.cohere.com", nil,
            ])
    }

    func testNamesOfModelsAreTakenAsVendorsSpellThem() throws {
        for name in ["gpt-4o", "llama2:7b", "vendor/model.v1@eu", "a b", String(repeating: "m", count: 200)] {
            XCTAssertEqual(try ModelName(name).text, name)
        }
    }

    func testNamesOfModelsThatBreakTheRulesAreRefused() {
        for name in ["", " a", "a ", "a\n", "a\tb", "modèle", String(repeating: "m", count: 201), "a\u{7F}"] {
            XCTAssertThrowsError(try ModelName(name, field: "modelConfig.model")) {
                guard case .invalid(let problems)? = $0 as? Failure else { return XCTFail("\($0)") }
                XCTAssertEqual(problems.map(\.field), ["modelConfig.model"])
            }
        }
    }
}
