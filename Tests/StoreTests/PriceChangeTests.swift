import Domain
import Postgres
import XCTest

@testable import Store

final class PriceChangeTests: StoreTestCase {
    private static let fal = "fal_ai"
    private let model = "model/\(UInt64.random(in: 0 ... .max)):v1.0 beta"

    private var fal: ProviderSlug { get throws { try ProviderSlug(Self.fal) } }

    override func setUpWithError() throws {
        try run(
            """
            INSERT INTO models (provider_id, name, display_name, kind)
            SELECT id, '\(model)', 'Model', 'image' FROM providers WHERE slug = 'fal_ai'
            """)
    }

    private func decimal(_ text: String) throws -> ExactDecimal { try XCTUnwrap(ExactDecimal(text)) }

    private func change(
        _ cost: String, currency: String? = nil, credits: String? = nil, unit: PriceUnit? = nil,
        tiers: [PriceTier<ExactDecimal>]? = nil, resolutions: [ResolutionPrice<ExactDecimal>]? = nil
    ) throws -> PriceChange {
        PriceChange(
            model: model, perGeneration: try decimal(cost), currency: currency.flatMap(Currency.init),
            credits: credits.flatMap(ExactDecimal.init), unit: unit, tiers: tiers, resolutions: resolutions)
    }

    @discardableResult
    private func set(
        _ change: PriceChange, from moment: Timestamp? = nil, by: String = "anna", at now: Timestamp? = nil
    ) throws -> ChangedPrice {
        let (fal, decision) = (try fal, PriceDecision(by: by, reason: "because", effectiveFrom: moment))
        let changed = try transact { (transaction) throws(Failure) in
            _ = try transaction.lockModels([change.model], of: fal)
            return try transaction.setPrices([change], of: fal, decision, at: now ?? noon)
        }
        return try XCTUnwrap(changed.first)
    }

    private func detail(at moment: Timestamp? = nil) throws -> ModelDetail {
        try store.model(model, of: try fal, at: moment ?? noon.later(1_000_000))
    }

    func testTheFirstPriceHasNoneBeforeIt() throws {
        let first = try set(try change("0.050", currency: "EUR", credits: "100", unit: .second))
        XCTAssertEqual(first.before, PriceFigures(perGeneration: nil, credits: nil, currency: nil))
        XCTAssertEqual(
            first.after,
            PriceFigures(perGeneration: ExactDecimalSum("0.05"), credits: ExactDecimalSum("100"), currency: "EUR"))
        XCTAssertEqual(first.effectiveFrom, noon)
        XCTAssertNil(first.formerID)
        let detail = try detail()
        XCTAssertEqual(detail.model.price, first.after)
        XCTAssertEqual(detail.state, PriceState(held: first.priceID, newest: first.priceID))
        XCTAssertEqual(
            try column(
                "SELECT concat_ws('|', unit, source, reason, created_by) FROM prices WHERE id = \(first.priceID)",
                as: String.self), ["second|administrator|because|anna"])
    }

    func testWithoutACurrencyTheProvidersIsTaken() throws {
        XCTAssertEqual(try set(try change("1")).after.currency, "USD")
    }

    func testWhatIsLeftOutIsCarriedOver() throws {
        try run(
            """
            INSERT INTO prices (model_id, effective_from, input, output, cached_input, cache_write, above_tokens,
                                above_input, above_output, per_generation, unit, credits_per_generation, source)
            SELECT id, '2025-01-01', 1, 2, 3, 4, 5, 6, 7, 0.05, 'megapixel', 100, 'catalogue'
            FROM models WHERE name = '\(model)';
            INSERT INTO price_tiers
            SELECT max(id), tier.quantity, tier.name, tier.cost
            FROM prices, (VALUES (1, 'standard', 0.05), (100, 'bulk', 0.04)) AS tier (quantity, name, cost)
            GROUP BY tier.quantity, tier.name, tier.cost;
            INSERT INTO price_resolutions SELECT max(id), '2K', 0.1 FROM prices
            """)
        let changed = try set(try change("0.06"))
        XCTAssertEqual(changed.before.perGeneration?.text, "0.05")
        XCTAssertEqual(
            try column(
                """
                SELECT concat_ws('|', input, output, cached_input, cache_write, above_tokens, above_input, above_output,
                                 per_generation, unit, credits_per_generation, currency)
                FROM prices WHERE id = \(changed.priceID)
                """, as: String.self), ["1|2|3|4|5|6|7|0.06|megapixel|100|USD"])
        // The tier of a single unit is the plain price by another name.
        XCTAssertEqual(
            try detail().tiers.map { "\($0.name) \($0.minQuantity) \($0.cost.text)" },
            [
                "standard 1 0.06", "bulk 100 0.04",
            ])
        XCTAssertEqual(try detail().resolutions.map { "\($0.resolution) \($0.cost.text)" }, ["2K 0.1"])
        XCTAssertEqual(
            failure { try set(try change("0.06", currency: "EUR")) },
            .invalid("pricing.currency", "cannot change while prices in USD are carried over"))
        XCTAssertEqual(try store.priceHistory(of: model, try fal, Page(limit: 10)).total, 2)
    }

    func testGivenTiersAndResolutionsReplaceTheOldOnesAlsoByNone() throws {
        try set(
            try change(
                "0.05", tiers: [PriceTier(name: "bulk", minQuantity: 10, cost: try decimal("0.04"))],
                resolutions: [ResolutionPrice(resolution: "4K", cost: try decimal("0.2"))]))
        XCTAssertEqual(try detail().tiers.count, 1)
        try set(
            try change(
                "0.05", currency: "EUR", tiers: [],
                resolutions: [
                    ResolutionPrice(resolution: "2K", cost: try decimal("0.1")),
                    ResolutionPrice(resolution: "1K", cost: try decimal("0.05")),
                ]), at: noon.later(5))
        XCTAssertEqual(try detail().tiers, [])
        XCTAssertEqual(try detail().resolutions.map(\.resolution), ["1K", "2K"])
    }

    func testTwoChangesOfTheSameMicrosecondFollowEachOther() throws {
        for (cost, step) in [("1", 0), ("2", 1), ("3", 2)] as [(String, Int64)] {
            XCTAssertEqual(try set(try change(cost)).effectiveFrom, noon.later(step))
        }
        XCTAssertEqual(try detail().model.price.perGeneration?.text, "3")
        XCTAssertEqual(
            try store.priceHistory(of: model, try fal, Page(limit: 10)).rows.map {
                [$0.before.perGeneration?.text, $0.after.perGeneration?.text]
            }, [["2", "3"], ["1", "2"], [nil, "1"]])
    }

    func testALaterChangeHoldsLastWhenTheClockHasGoneBack() throws {
        let ahead = try set(try change("1"), at: noon.later(60_000_000))
        try set(try change("9"), from: noon.later(600_000_000), at: noon.later(60_000_000))
        let behind = try set(try change("2"), at: noon)
        XCTAssertEqual(behind.before.perGeneration?.text, "1")
        XCTAssertEqual(behind.effectiveFrom, ahead.effectiveFrom.later(1))
        XCTAssertEqual(try detail(at: noon.later(61_000_000)).model.price.perGeneration?.text, "2")
        XCTAssertEqual(try detail(at: noon.later(600_000_000)).model.price.perGeneration?.text, "9")
    }

    func testAPriceOfLaterHoldsFromThenOn() throws {
        try set(try change("1"))
        let later = try set(try change("2"), from: noon.later(60_000_000), at: noon.later(10))
        XCTAssertEqual(later.before.perGeneration?.text, "1")
        let now = try detail()
        XCTAssertEqual(now.model.price.perGeneration?.text, "1")
        XCTAssertEqual(now.state.newest, later.priceID)
        XCTAssertEqual(try detail(at: later.effectiveFrom).model.price.perGeneration?.text, "2")
        XCTAssertEqual(try detail(at: later.effectiveFrom).model.lastUpdated, max(later.effectiveFrom, try created()))
    }

    private func created() throws -> Timestamp { try value("SELECT updated_at FROM models WHERE name = \(model)") }

    func testTheServersCannotRewriteTiersOrResolutions() throws {
        for table in ["prices", "price_tiers", "price_resolutions", "routing_versions", "routing_targets"] {
            try assertForbidden("DELETE FROM \(table)")
            try assertForbidden("TRUNCATE \(table)")
        }
        try assertForbidden("UPDATE price_tiers SET per_generation = 0")
        try assertForbidden("UPDATE price_resolutions SET per_generation = 0")
    }

    func testAllOfManyAreSetAndUnknownModelsAreNotLocked() throws {
        let fal = try fal
        try run(
            """
            INSERT INTO models (provider_id, name, display_name, kind)
            SELECT p.id, '\(model) ' || n, 'M', 'image' FROM providers p, generate_series(1, 300) n WHERE slug = 'fal_ai'
            """)
        let changes = try (1...300).map { number in
            PriceChange(
                model: "\(model) \(number)", perGeneration: try decimal("0.\(number)1"),
                tiers: [PriceTier(name: "bulk", minQuantity: number, cost: try decimal("0.5"))])
        }
        let changed = try transact { (transaction) throws(Failure) in
            let known = try transaction.lockModels(changes.map(\.model) + ["nobody's", "*"], of: fal)
            XCTAssertEqual(known, Set(changes.map(\.model)))
            return try transaction.setPrices(
                changes, of: fal, PriceDecision(by: "anna", reason: nil, effectiveFrom: nil), at: noon)
        }
        XCTAssertEqual(changed.map(\.model), changes.map(\.model))
        XCTAssertEqual(changed.map { $0.after.perGeneration?.text }, changes.map(\.perGeneration.text))
        XCTAssertEqual(
            try value(
                """
                SELECT count(*) FROM price_tiers t JOIN prices one ON one.id = t.price_id JOIN models m ON m.id = model_id
                WHERE m.name = \(model) || ' ' || t.min_quantity
                """, as: Int.self), 300)
    }

    /// As the handler does it: whoever holds the newest version may set the next one.
    func testOfManyWritersWithTheSameVersionOneSucceeds() throws {
        let (fal, model, makeStore) = (try fal, model, try makeStore())
        try set(try change("1"))
        for round in 1...25 {
            let seen = try detail().state.newest
            let cost = try decimal("\(round).5")
            let refused = concurrently(4) { writer in
                try makeStore().transaction { (transaction) throws(Failure) in
                    _ = try transaction.lockModels([model], of: fal)
                    let now = Timestamp.now()
                    guard try transaction.model(model, of: fal, at: now).state.newest == seen else {
                        throw .preconditionFailed
                    }
                    _ = try transaction.setPrices(
                        [PriceChange(model: model, perGeneration: cost)], of: fal,
                        PriceDecision(by: "writer \(writer)", reason: nil, effectiveFrom: nil), at: now)
                }
            }
            XCTAssertEqual(
                refused.compactMap { $0 as? Failure }, [.preconditionFailed, .preconditionFailed, .preconditionFailed])
        }
        XCTAssertEqual(try store.countPrices(of: model, fal), 26)
    }

    func testBulkUpdatesInAnyOrderDoNotBlockEachOther() throws {
        let (fal, makeStore) = (try fal, try makeStore())
        let names = [model, model + " 2"]
        try run(
            """
            INSERT INTO models (provider_id, name, display_name, kind)
            SELECT id, '\(model) 2', 'Model', 'image' FROM providers WHERE slug = 'fal_ai'
            """)
        let cost = try decimal("1")
        XCTAssertEqual(
            concurrently(8) { writer in
                for _ in 1...10 {
                    try makeStore().transaction { (transaction) throws(Failure) in
                        let ordered = writer % 2 == 0 ? names : names.reversed()
                        _ = try transaction.lockModels(ordered, of: fal)
                        _ = try transaction.setPrices(
                            ordered.map { PriceChange(model: $0, perGeneration: cost) }, of: fal,
                            PriceDecision(by: "w", reason: nil, effectiveFrom: nil), at: .now())
                    }
                }
            }.count, 0)
        XCTAssertEqual(try store.countPrices(of: names[1], fal), 80)
    }
}

extension Timestamp {
    fileprivate func later(_ microseconds: Int64) -> Timestamp {
        Timestamp(microseconds: self.microseconds + microseconds)
    }
}
