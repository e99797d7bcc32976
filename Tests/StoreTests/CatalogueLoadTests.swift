import Domain
import Foundation
import Postgres
import Providers
import ScratchDatabase
import XCTest

@testable import Store

final class CatalogueLoadTests: StoreTestCase {
    override func setUpWithError() throws {
        try run("TRUNCATE models, prices, price_tiers, price_resolutions, requests")
    }

    private func shipped() throws -> [CatalogueRow] {
        try Catalogue.parse(try String(contentsOfFile: MigratedDatabase.sql + "/catalogue/models.tsv", encoding: .utf8))
    }

    private func load(_ rows: [CatalogueRow]) throws -> Int {
        try transact(ownerStore) { (transaction) throws(Failure) in try transaction.load(rows) }
    }

    private func row(
        provider: String = "openai", input: String = "0.10", from day: String = "2024-01-01",
        retiredAt: String? = nil, parameters: [ChatParameter] = []
    ) throws -> CatalogueRow {
        CatalogueRow(
            provider: provider, model: "m", displayName: "M \(parameters.count)", kind: .chat, contextTokens: 128_000,
            unsupportedParameters: parameters, retiredAt: retiredAt.flatMap(CatalogueDay.init),
            effectiveFrom: try XCTUnwrap(CatalogueDay(day)), currency: "USD", input: Amount(input), output: nil,
            cachedInput: nil, cacheWrite: nil,
            longContext: LongContextPrice(
                aboveTokens: 5, input: try XCTUnwrap(Amount("1")), output: try XCTUnwrap(Amount("2.000000000001"))),
            perGeneration: nil, source: "test")
    }

    private let line: SQL = """
        SELECT concat_ws('|', m.name, m.display_name, m.kind, m.context_tokens, m.unsupported_parameters, m.retired_at,
                         one.effective_from, one.currency, one.input, coalesce(one.output::text, 'unknown'),
                         one.above_tokens, one.above_input, one.above_output, one.source)
        FROM models m
        JOIN prices one ON one.model_id = m.id
        ORDER BY one.effective_from
        """

    func testTheShippedCatalogueIsLoadedOnce() throws {
        let rows = try shipped()
        XCTAssertEqual(try load(rows), rows.count)
        XCTAssertEqual(try value("SELECT count(*) FROM prices", as: Int.self), rows.count)
        XCTAssertEqual(
            try value("SELECT count(*) FROM models", as: Int.self), Set(rows.map { "\($0.provider) \($0.model)" }).count
        )
        let before = try column("SELECT id || ' ' || model_id FROM prices ORDER BY id", as: String.self)
        XCTAssertEqual(try load(rows), 0)
        XCTAssertEqual(try column("SELECT id || ' ' || model_id FROM prices ORDER BY id", as: String.self), before)
    }

    func testEveryDefaultModelIsInTheShippedCatalogue() throws {
        _ = try load(try shipped())
        XCTAssertEqual(
            try column(
                """
                SELECT p.default_model
                FROM providers p
                LEFT JOIN models m ON m.provider_id = p.id AND m.name IN (p.default_model, '*')
                WHERE p.default_model IS NOT NULL AND m.id IS NULL
                """, as: String.self),
            [])
    }

    func testAllColumnsArrive() throws {
        XCTAssertEqual(
            try load([try row(retiredAt: "2026-10-23", parameters: [.topP, .frequencyPenalty])]), 1)
        XCTAssertEqual(
            try column(line, as: String.self),
            [
                "m|M 2|chat|128000|{topP,frequencyPenalty}|2026-10-23 00:00:00+00|2024-01-01 00:00:00+00|USD|0.10"
                    + "|unknown|5|1|2.000000000001|test"
            ])
    }

    func testAPriceOfGenerationsArrivesWithItsTiersAndResolutions() throws {
        let made = CatalogueRow(
            provider: "fal_ai", model: "ours", displayName: "Ours", kind: .video, contextTokens: nil,
            unsupportedParameters: [], retiredAt: nil, effectiveFrom: try XCTUnwrap(CatalogueDay("2024-01-01")),
            currency: "EUR", input: nil, output: nil, cachedInput: nil, cacheWrite: nil, longContext: nil,
            perGeneration: Amount("0.05"), source: "test", version: "2.1", vendorName: "fal-ai/theirs", unit: .second,
            credits: Amount("100"),
            tiers: [
                PriceTier(name: "standard", minQuantity: 1, cost: try XCTUnwrap(Amount("0.05"))),
                PriceTier(name: "bulk", minQuantity: 100, cost: try XCTUnwrap(Amount("0.04"))),
            ], resolutions: [ResolutionPrice(resolution: "2K", cost: try XCTUnwrap(Amount("0.1")))])
        XCTAssertEqual(try load([made]), 1)
        XCTAssertEqual(try load([made]), 0)
        XCTAssertEqual(
            try column(
                """
                SELECT concat_ws('|', m.name, m.version, m.vendor_name, m.kind, one.currency, one.per_generation,
                                 one.unit, one.credits_per_generation, one.created_by IS NULL)
                FROM models m
                JOIN prices one ON one.model_id = m.id
                """, as: String.self),
            ["ours|2.1|fal-ai/theirs|video|EUR|0.05|second|100|t"])
        XCTAssertEqual(
            try column(
                """
                SELECT concat_ws('|', min_quantity, tier, per_generation) FROM price_tiers ORDER BY min_quantity
                """, as: String.self), ["1|standard|0.05", "100|bulk|0.04"])
        XCTAssertEqual(
            try column("SELECT resolution || '|' || per_generation FROM price_resolutions", as: String.self),
            ["2K|0.1"])
    }

    func testTheTimeOfAModelIsThatOfItsLastChange() throws {
        _ = try load([try row()])
        try run("UPDATE models SET updated_at = '2025-01-01', is_active = false")
        _ = try load([try row()])
        XCTAssertEqual(try value("SELECT updated_at = '2025-01-01' AND NOT is_active FROM models", as: Bool.self), true)
        _ = try load([try row(retiredAt: "2026-10-23")])
        XCTAssertEqual(try value("SELECT updated_at = '2025-01-01' FROM models", as: Bool.self), false)
    }

    func testAChangedPriceOfTheSameDayIsNotOverwritten() throws {
        XCTAssertEqual(try load([try row()]), 1)
        XCTAssertEqual(try load([try row(input: "99")]), 0)
        XCTAssertEqual(try column("SELECT input::text FROM prices", as: String.self), ["0.10"])
    }

    func testAPriceOfAnotherDayIsAVersionOfItsOwn() throws {
        XCTAssertEqual(try load([try row()]), 1)
        XCTAssertEqual(try load([try row(), try row(input: "99", from: "2027-01-01")]), 1)
        XCTAssertEqual(
            try column("SELECT input::text FROM prices ORDER BY effective_from", as: String.self), ["0.10", "99"])
        XCTAssertEqual(try value("SELECT count(*) FROM models", as: Int.self), 1)
    }

    func testWhatIsKnownAboutAModelIsBroughtUpToDate() throws {
        _ = try load([try row(parameters: [.topP])])
        _ = try load([try row(retiredAt: "2026-10-23")])
        XCTAssertEqual(
            try column(
                "SELECT concat_ws('|', display_name, unsupported_parameters, retired_at) FROM models", as: String.self),
            ["M 0|{}|2026-10-23 00:00:00+00"])
        _ = try load([try row()])
        XCTAssertEqual(try column("SELECT retired_at FROM models", as: String.self), [nil])
    }

    func testAnUnknownProviderRefusesTheWholeCatalogue() throws {
        XCTAssertEqual(
            failure { try load([try row(), try row(provider: "nobody")]) }, .notFound("Provider nobody"))
        XCTAssertEqual(try value("SELECT count(*) FROM models", as: Int.self), 0)
    }

    func testTheServersCannotRewriteThePriceHistory() throws {
        _ = try load([try row()])
        for statement in ["UPDATE prices SET input = 0", "DELETE FROM prices", "DELETE FROM models", "TRUNCATE prices"]
        {
            try assertForbidden(statement)
        }
    }
}
