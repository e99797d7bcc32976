import Domain
import Postgres
import XCTest

/// `call_cost`, `unit_rate` and `price_at`. Expected values are worked out by hand.
final class CallCostTests: StoreTestCase {
    /// Three versions: of tokens, of generations with tiers and resolutions, of both.
    override class func setUp() {
        super.setUp()
        XCTAssertNoThrow(
            try prepare(
                """
                INSERT INTO models (provider_id, name, display_name, kind)
                SELECT id, name, name, 'image'
                FROM providers, unnest(ARRAY['tokens', 'image', 'both', 'nothing']) AS name
                WHERE slug = 'fal_ai';

                INSERT INTO prices (model_id, effective_from, input, output, per_generation, source)
                SELECT m.id, one.effective_from::timestamptz, one.input, one.output, one.per_generation, 's'
                FROM (VALUES
                    ('tokens', '2025-01-01', 2.50, 10, NULL), ('image', '2025-01-01', NULL, NULL, 0.05),
                    ('image', '2026-01-01', NULL, NULL, 0.07), ('both', '2025-01-01', 1, NULL, 0.5),
                    ('nothing', '2025-01-01', NULL, NULL, NULL)
                ) AS one (name, effective_from, input, output, per_generation)
                JOIN models m ON m.name = one.name;

                INSERT INTO price_tiers (price_id, min_quantity, tier, per_generation)
                SELECT id, tier.quantity, tier.name, tier.cost
                FROM prices, (VALUES (1, 'standard', 0.05), (100, 'bulk', 0.04)) AS tier (quantity, name, cost)
                WHERE per_generation = 0.05;
                INSERT INTO price_resolutions (price_id, resolution, per_generation)
                SELECT id, '2048x2048', 0.1 FROM prices WHERE per_generation = 0.05
                """))
    }

    private func cost(
        _ model: String, _ quantity: String = "1", _ resolution: String? = nil, prompt: Int = 0, completion: Int = 0
    ) throws -> String? {
        try XCTUnwrap(
            try column(
                """
                SELECT trim_scale(call_cost(held, \(quantity)::numeric, \(resolution)::text, \(prompt)::bigint, 0, 0,
                                            \(completion)::bigint))::text
                FROM models m
                CROSS JOIN LATERAL price_at(m.id, '2025-06-01') AS held
                WHERE m.name = \(model)
                """, as: String.self
            ).first)
    }

    func testGenerationsCostTheirQuantityTimesTheRate() throws {
        XCTAssertEqual(try cost("image"), "0.05")
        XCTAssertEqual(try cost("image", "3"), "0.15")
        // A part of a second or megapixel.
        XCTAssertEqual(try cost("image", "0.5"), "0.025")
    }

    func testATierCountsFromItsQuantityOnForAllUnits() throws {
        XCTAssertEqual(try cost("image", "99"), "4.95")
        XCTAssertEqual(try cost("image", "100"), "4")
    }

    func testAResolutionGoesBeforeTiersAndAnUnknownOneIsNone() throws {
        XCTAssertEqual(try cost("image", "100", "2048x2048"), "10")
        XCTAssertEqual(try cost("image", "100", "8K"), "4")
    }

    func testTokensCostWhatTokensCost() throws {
        // 12 × 2.50 + 8 × 10 = 110 millionths; the quantity is not a meter of this price.
        XCTAssertEqual(try cost("tokens", "5", prompt: 12, completion: 8), "0.00011")
    }

    func testACallPaysForWhatItUsedOfBothMeters() throws {
        // 2 × 0.5 + 3 × 1 millionth.
        XCTAssertEqual(try cost("both", "2", prompt: 3), "1.000003")
        XCTAssertEqual(try cost("both", "0", prompt: 3), "0.000003")
    }

    func testSomethingUsedWithoutARateMakesTheCostUnknown() throws {
        XCTAssertNil(try cost("both", prompt: 3, completion: 1))
        XCTAssertNil(try cost("image", prompt: 1))
        XCTAssertNil(try cost("nothing", prompt: 1))
    }

    func testACallOfWhichNoMeterIsPricedIsUnknownAndNotFree() throws {
        XCTAssertNil(try cost("tokens"))
        XCTAssertNil(try cost("nothing"))
    }

    private func held(_ moment: String) throws -> [String?] {
        try column(
            """
            SELECT held.per_generation::text
            FROM models m
            CROSS JOIN LATERAL price_at(m.id, \(moment)::timestamptz) AS held
            WHERE m.name = 'image'
            """)
    }

    func testTheVersionOfAMomentIsTheLastOneThatHasBegun() throws {
        XCTAssertEqual(try held("2024-12-31 23:59:59.999999Z"), [])
        XCTAssertEqual(try held("2025-01-01Z"), ["0.05"])
        XCTAssertEqual(try held("2025-12-31 23:59:59.999999Z"), ["0.05"])
        XCTAssertEqual(try held("2026-01-01Z"), ["0.07"])
    }
}
