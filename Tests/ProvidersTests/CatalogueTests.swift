import Domain
import Foundation
import XCTest

@testable import Providers

final class CatalogueTests: XCTestCase {
    private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../sql/catalogue/models.tsv").standardizedFileURL

    private func shipped() throws -> [CatalogueRow] {
        try Catalogue.parse(try String(contentsOf: Self.file, encoding: .utf8))
    }

    private func row(_ provider: String, _ model: String) throws -> CatalogueRow {
        try XCTUnwrap(try shipped().first { $0.provider == provider && $0.model == model }, model)
    }

    private func header() throws -> String {
        try XCTUnwrap(try String(contentsOf: Self.file, encoding: .utf8).split(separator: "\n").first.map(String.init))
    }

    /// A catalogue of one line with some columns replaced.
    private func catalogue(_ changes: [String: String], _ more: [[String: String]] = []) throws -> String {
        let usual = [
            "provider": "openai", "model": "m", "display_name": "M", "kind": "chat", "effective_from": "2024-01-01",
            "currency": "USD", "input": "1", "output": "2", "source": "s",
        ]
        let columns = try header().components(separatedBy: "\t")
        let lines = ([changes] + more).map { changes in
            let values = usual.merging(changes) { $1 }
            return columns.map { values[$0] ?? "" }.joined(separator: "\t") + "\n"
        }
        return try header() + "\n" + lines.joined()
    }

    func testTheCatalogueThatIsShippedIsReadWhole() throws {
        let rows = try shipped()
        XCTAssertEqual(rows.count, 113)
        XCTAssertEqual(
            Set(rows.map(\.provider)),
            Set(Adapters.language.map(\.slug)).union(Catalogue.mediaProviders).union(Adapters.image.map(\.slug)))
        XCTAssertTrue(rows.allSatisfy { $0.currency == "USD" })
        XCTAssertTrue(rows.allSatisfy { ($0.input == nil) == ($0.output == nil) })
    }

    func testPricesOfTheShippedCatalogueAreThoseOfTheirSources() throws {
        let old = try row("openai", "gpt-3.5-turbo")
        XCTAssertEqual([old.input?.text, old.output?.text, old.retiredAt?.text], ["0.50", "1.50", "2026-10-23"])
        let long = try row("gemini", "gemini-2.5-pro")
        XCTAssertEqual(
            [long.input?.text, long.longContext?.input.text, long.longContext?.output.text], ["1.25", "2.50", "15"])
        XCTAssertEqual(long.longContext?.aboveTokens, 200_000)
        XCTAssertEqual(try row("gemini", "gemini-2.5-flash-image").perGeneration?.text, "0.039")
        XCTAssertEqual(try row("ollama", "*").input?.text, "0")
        XCTAssertNil(try row("cohere", "command-a-plus-05-2026").input)
        XCTAssertEqual(
            try row("claude", "claude-sonnet-5-5").unsupportedParameters,
            [.temperature, .topP, .frequencyPenalty, .presencePenalty])
    }

    func testAPriceOfGenerationsHasItsUnitCreditsTiersAndResolutions() throws {
        let flux = try row("fal_ai", "flux-2-pro")
        XCTAssertEqual([flux.displayName, flux.version, flux.vendorName], ["Flux 2 Pro", "1.0", "fal-ai/flux-2-pro"])
        XCTAssertEqual(
            [flux.perGeneration?.text, flux.credits?.text, flux.unit.rawValue], ["0.05", "100", "generation"])
        let video = try row("minimax", "MiniMax-H3")
        XCTAssertEqual(video.kind, .video)
        XCTAssertEqual(video.unit, .second)
        XCTAssertEqual(video.resolutions.map { "\($0.resolution) \($0.cost.text)" }, ["768P 0.08", "2K 0.13"])
        XCTAssertEqual(try row("runway_ml", "gen3a_turbo").retiredAt?.text, "2026-07-30")
        let made = try Catalogue.parse(
            try catalogue(["per_generation": "0.05", "tiers": "standard:1=0.05,bulk:100=0.04"]))
        XCTAssertEqual(
            made.first?.tiers.map { "\($0.name) \($0.minQuantity) \($0.cost.text)" },
            ["standard 1 0.05", "bulk 100 0.04"])
        XCTAssertEqual(made.first?.version, "1.0")
    }

    func testThePromotionalPriceEnds() throws {
        let versions = try shipped().filter { $0.model == "gemini-3.8-flash" }
        XCTAssertEqual(versions.map(\.effectiveFrom.text), ["2024-01-01", "2027-01-01"])
        XCTAssertEqual(versions.map { $0.output?.text }, ["3.75", "7.50"])
    }

    func testAWrongLineIsRefusedWithItsNumber() throws {
        for (changes, reason) in [
            (["provider": "acme"], "provider has the unexpected value acme"), (["model": ""], "model is empty"),
            (["kind": "film"], "kind has the unexpected value film"),
            (["context_tokens": "0"], "context_tokens has the unexpected value 0"),
            (["unsupported_parameters": "top_p"], "unsupported_parameters has the unexpected value top_p"),
            (["unsupported_parameters": "topP,topP"], "unsupported_parameters has the unexpected value topP,topP"),
            (["retired_at": "2026-02-30"], "retired_at has the unexpected value 2026-02-30"),
            (["effective_from": "2026-1-1"], "effective_from has the unexpected value 2026-1-1"),
            (["currency": "usd"], "currency has the unexpected value usd"),
            (["currency": "ZZZ"], "currency has the unexpected value ZZZ"),
            (["unit": "hour"], "unit has the unexpected value hour"),
            (["credits_per_generation": "-1"], "credits_per_generation has the unexpected value -1"),
            (["tiers": "bulk:100"], "tiers has the unexpected value bulk:100"),
            (["tiers": "a:0=1"], "tiers has the unexpected value a:0=1"),
            (["tiers": "a:2=1,b:2=1"], "tiers has the unexpected value a:2=1,b:2=1"),
            (["tiers": "bulk:100=1"], "tiers needs per_generation"),
            (["resolutions": "1x1=1,1x1=2"], "resolutions has the unexpected value 1x1=1,1x1=2"),
            (["resolutions": "=1"], "resolutions has the unexpected value =1"),
            (["resolutions": "1x1=1"], "resolutions needs per_generation"),
            (["input": "-1"], "input has the unexpected value -1"),
            (["input": "1e3"], "input has the unexpected value 1e3"),
            (["input": "01"], "input has the unexpected value 01"),
            (["input": ".5"], "input has the unexpected value .5"),
            (["output": "1."], "output has the unexpected value 1."),
            (["above_tokens": "5"], "above_tokens, above_input and above_output belong together"),
            (["source": ""], "source is empty"), (["source": "a\r"], "there is a control character"),
            (["source": "a\tb"], "there are 25 columns instead of 24"),
        ] {
            XCTAssertThrowsError(try Catalogue.parse(try catalogue(changes))) {
                XCTAssertEqual($0 as? CatalogueError, CatalogueError(line: 2, reason: reason))
            }
        }
    }

    func testLinesOfOneModelDifferInPriceAndTimeOnly() throws {
        let later = ["effective_from": "2025-01-01", "input": "3"]
        XCTAssertEqual(try Catalogue.parse(try catalogue([:], [later])).count, 2)
        for (change, reason) in [
            (["input": "3"], "the model has another price from the same day"),
            (["effective_from": "2025-01-01", "kind": "image"], "the model is described differently in another line"),
        ] {
            XCTAssertThrowsError(try Catalogue.parse(try catalogue([:], [change]))) {
                XCTAssertEqual($0 as? CatalogueError, CatalogueError(line: 3, reason: reason))
            }
        }
    }

    func testATextThatIsNoCatalogueIsRefused() throws {
        for (text, line) in [("", 1), ("provider\n", 1), (try header(), 1), (try header() + "\n\n", 2)] {
            XCTAssertThrowsError(try Catalogue.parse(text)) { XCTAssertEqual(($0 as? CatalogueError)?.line, line) }
        }
    }
}

final class ModelMatchTests: XCTestCase {
    func testTheReportedNameCountsBeforeTheOneThatWasAskedFor() {
        for (reported, requested, expected) in [
            ("gpt-4o-2024-08-06", "gpt-4o", ["gpt-4o-2024-08-06", "gpt-4o", "*"]),
            (
                "claude-3-5-sonnet-20241022", "claude-3-5-sonnet-latest",
                ["claude-3-5-sonnet-20241022", "claude-3-5-sonnet", "*"]
            ),
            ("claude-3-5-sonnet-latest", "x", ["claude-3-5-sonnet-latest", "claude-3-5-sonnet", "*"]),
            ("gemini-2.0-flash-001", "gemini-2.0-flash", ["gemini-2.0-flash-001", "gemini-2.0-flash", "*"]),
            ("gemini-3.8-flash", "gemini-2.5-pro", ["gemini-3.8-flash", "*"]),
            ("gpt-4o", "gpt-4", ["gpt-4o", "*"]),
            ("gpt-4-turbo-preview", "gpt-4-turbo", ["gpt-4-turbo-preview", "gpt-4-turbo", "*"]),
            ("llama2:latest", "llama2", ["llama2:latest", "llama2", "*"]),
            ("command-r-08-2024", "command-r-08-2024", ["command-r-08-2024", "*"]),
            ("-latest", "", ["-latest", "*"]), ("*", "*", ["*"]),
        ] {
            XCTAssertEqual(ModelMatch.candidates(reported: reported, requested: requested), expected)
        }
    }
}
