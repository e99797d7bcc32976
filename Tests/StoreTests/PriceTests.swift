import Domain
import Postgres
import XCTest

/// `token_cost`, the only place where money is computed. Expected values are worked out by hand.
final class PriceTests: StoreTestCase {
    /// Dollars per million tokens; nil is unknown.
    private struct Rates {
        var input: String? = nil
        var output: String? = nil
        var cachedInput: String? = nil
        var cacheWrite: String? = nil
        var above: (tokens: Int, input: String, output: String)? = nil
    }

    private func cost(
        _ rates: Rates, prompt: Int, cached: Int = 0, written: Int = 0, completion: Int
    ) throws -> String? {
        try XCTUnwrap(
            try column(
                """
                SELECT trim_scale(token_cost(p, \(prompt)::bigint, \(cached)::bigint, \(written)::bigint,
                                             \(completion)::bigint))
                FROM json_populate_record(NULL::prices, json_build_object(
                    'input', \(rates.input)::numeric, 'output', \(rates.output)::numeric,
                    'cached_input', \(rates.cachedInput)::numeric, 'cache_write', \(rates.cacheWrite)::numeric,
                    'above_tokens', \(rates.above?.tokens)::integer, 'above_input', \(rates.above?.input)::numeric,
                    'above_output', \(rates.above?.output)::numeric)) AS p
                """, as: String.self
            ).first)
    }

    private let plain = Rates(input: "2.50", output: "10")
    private let cache = Rates(input: "3", output: "15", cachedInput: "0.30", cacheWrite: "3.75")
    private let long = Rates(
        input: "1.25", output: "10", cachedInput: "0.125", above: (tokens: 200_000, input: "2.50", output: "15"))

    func testPromptAndCompletionAreChargedAtTheirRates() throws {
        // 12 × 2.50 + 8 × 10 = 110 millionths.
        XCTAssertEqual(try cost(plain, prompt: 12, completion: 8), "0.00011")
        XCTAssertEqual(try cost(plain, prompt: 1, completion: 0), "0.0000025")
        XCTAssertEqual(try cost(plain, prompt: 0, completion: 0), "0")
    }

    func testCachedAndNewlyCachedTokensAreTakenOutOfThePrompt() throws {
        // (1000 - 600 - 300) × 3 + 600 × 0.30 + 300 × 3.75 + 50 × 15 = 300 + 180 + 1125 + 750 = 2355.
        XCTAssertEqual(try cost(cache, prompt: 1_000, cached: 600, written: 300, completion: 50), "0.002355")
        // All of it from the cache: 7 × 0.30 = 2.1.
        XCTAssertEqual(try cost(cache, prompt: 7, cached: 7, completion: 0), "0.0000021")
    }

    func testWithoutRatesOfTheirOwnCachedTokensCostWhatOthersCost() throws {
        XCTAssertEqual(
            try cost(plain, prompt: 100, cached: 40, written: 30, completion: 1),
            try cost(plain, prompt: 100, completion: 1))
    }

    func testALongPromptIsChargedWholeAtTheHigherRatesFromOneTokenAboveTheThreshold() throws {
        // 200000 × 1.25 + 1 × 10 = 250010.
        XCTAssertEqual(try cost(long, prompt: 200_000, completion: 1), "0.25001")
        // 200001 × 2.50 + 1 × 15 = 500017.5.
        XCTAssertEqual(try cost(long, prompt: 200_001, completion: 1), "0.5000175")
        // Cached tokens count for the threshold and keep their own rate: 1 × 2.50 + 200000 × 0.125 = 25002.5.
        XCTAssertEqual(try cost(long, prompt: 200_001, cached: 200_000, completion: 0), "0.0250025")
    }

    func testAnUnknownRateMakesTheCostUnknown() throws {
        XCTAssertNil(try cost(Rates(), prompt: 1, completion: 1))
        XCTAssertNil(try cost(Rates(input: "1"), prompt: 1, completion: 1))
        XCTAssertNil(try cost(Rates(output: "1"), prompt: 1, completion: 1))
        XCTAssertNil(try cost(Rates(output: "1", cachedInput: "1"), prompt: 2, cached: 1, completion: 1))
        XCTAssertNil(try cost(Rates(output: "1", cachedInput: "1"), prompt: 1, written: 1, completion: 1))
    }

    func testARateOfWhichNothingWasUsedMayBeUnknown() throws {
        XCTAssertEqual(try cost(Rates(), prompt: 0, completion: 0), "0")
        XCTAssertEqual(try cost(Rates(input: "4"), prompt: 3, completion: 0), "0.000012")
        XCTAssertEqual(try cost(Rates(output: "4"), prompt: 0, completion: 3), "0.000012")
        XCTAssertEqual(try cost(Rates(cachedInput: "4"), prompt: 3, cached: 3, completion: 0), "0.000012")
        XCTAssertEqual(try cost(Rates(cacheWrite: "4"), prompt: 3, written: 3, completion: 0), "0.000012")
    }

    func testAFreeModelCostsNothingWhichIsNotUnknown() throws {
        XCTAssertEqual(try cost(Rates(input: "0", output: "0"), prompt: 1_000, completion: 1_000), "0")
    }

    func testNoDigitIsLost() throws {
        // 123456789 × 0.075 + 987654321 × 0.300000000001
        //   = 9259259.175 + 296296296.3 + 0.000987654321 = 305555555.475987654321
        XCTAssertEqual(
            try cost(
                Rates(input: "0.075", output: "0.300000000001"), prompt: 123_456_789, completion: 987_654_321),
            "305.555555475987654321")
        // The most that a provider may report, 2^53, at the largest rate of twelve digits and twelve decimals:
        // 9007199254740992 × 999999999999.999999999999 = 9007199254740992 × (10^12 - 10^-12)
        //   = 9007199254740992000000000000 - 9007.199254740992 = 9007199254740991999999990992.800745259008
        XCTAssertEqual(
            try cost(
                Rates(input: "999999999999.999999999999"), prompt: 9_007_199_254_740_992, completion: 0),
            "9007199254740991999999.990992800745259008")
    }

    func testAPriceThatIsNotOneIsRefused() throws {
        let insert = "INSERT INTO prices (model_id, effective_from, source, "
        try run(
            """
            INSERT INTO models (provider_id, name, display_name, kind)
            SELECT id, 'priced', 'Priced', 'chat' FROM providers WHERE slug = 'claude'
            """)
        for (columns, constraint) in [
            ("input) SELECT id, now(), 's', -0.000001", "prices_not_negative"),
            ("per_generation) SELECT id, now(), 's', -1", "prices_not_negative"),
            ("above_tokens) SELECT id, now(), 's', 5", "prices_above_complete"),
            ("currency) SELECT id, now(), 's', 'usd'", "prices_currency_form"),
        ] {
            XCTAssertThrowsError(try run(insert + columns + " FROM models WHERE name = 'priced'")) {
                guard case .server(_, let name, _)? = $0 as? PostgresError else { return XCTFail("\($0)") }
                XCTAssertEqual(name, constraint)
            }
        }
    }
}
