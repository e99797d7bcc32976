import Domain
import Postgres
import XCTest

@testable import Store

/// What an explanation says a call would cost, against what such a call is charged and what the ledger then says: for
/// prices and calls of every shape.
final class PriceExplanationTests: UsageTestCase {
    private let resolutions = ["1024x1024", "2048x2048", "4K"]

    override func setUpWithError() throws {
        try run(
            """
            TRUNCATE requests, request_keys, request_payloads, usage_tail, usage_rollups, usage_by_owner,
                     credit_transactions, credit_accounts RESTART IDENTITY
            """)
    }

    // MARK: - Prices and calls of every shape

    private func decimal(_ text: String) throws -> ExactDecimal { try XCTUnwrap(ExactDecimal(text), text) }

    /// Up to ten decimals.
    private func amount(upTo whole: Int = 3) -> String {
        let fraction = (0..<Int.random(in: 1...10)).map { _ in "\(Int.random(in: 0...9))" }.joined()
        return "\(Int.random(in: 0...whole)).\(fraction)"
    }

    private func known(_ text: String) -> String { Int.random(in: 0...3) > 0 ? text : "NULL" }

    /// A model whose first version, of January, has whatever rates there can be; the next ones begin 50 and 100 seconds
    /// after noon.
    private func makeModel(_ name: String) throws {
        let currency = Bool.random() ? "USD" : "EUR"
        let longPrompts = Bool.random() ? "1000, \(amount()), \(amount())" : "NULL, NULL, NULL"
        let unit = PriceUnit.allCases.randomElement() ?? .generation
        try run(
            """
            WITH made AS (
                INSERT INTO models (provider_id, name, display_name, kind)
                SELECT id, '\(name)', 'M', 'image' FROM providers WHERE slug = 'openai'
                RETURNING id
            )
            INSERT INTO prices (model_id, effective_from, currency, input, output, cached_input, cache_write,
                                above_tokens, above_input, above_output, per_generation, unit,
                                credits_per_generation, source)
            SELECT id, '2026-01-01Z', '\(currency)', \(known(amount())), \(known(amount())), \(known(amount())),
                   \(known(amount())), \(longPrompts), \(known(amount())), '\(unit.rawValue)',
                   \(known(amount(upTo: 100))), 's'
            FROM made
            """)
        for second: Int64 in [50, 100] { try changePrice(of: name, in: currency, after: second) }
    }

    private func changePrice(of name: String, in currency: String, after seconds: Int64) throws {
        let quantities = Set((0..<Int.random(in: 0...3)).map { _ in Int.random(in: 1...12) })
        let tiers = try quantities.map { PriceTier(name: "from \($0)", minQuantity: $0, cost: try decimal(amount())) }
        let prices = try resolutions.filter { _ in Bool.random() }
            .map { ResolutionPrice(resolution: $0, cost: try decimal(amount())) }
        let change = PriceChange(
            model: name, perGeneration: try decimal(amount()), currency: Currency(currency),
            tiers: Bool.random() ? tiers : nil, resolutions: Bool.random() ? prices : nil)
        let decision = PriceDecision(by: "anna", reason: nil, effectiveFrom: noon.later(seconds))
        let noon = noon
        try transact { (transaction) throws(Failure) in
            _ = try transaction.lockModels([name], of: Slug.openai)
            _ = try transaction.setPrices([change], of: Slug.openai, decision, at: noon)
        }
    }

    /// Around the quantities of the tiers.
    private func whole() -> String { "\(Int.random(in: 1...14))" }

    private func wholeOrPart() -> String { Bool.random() ? whole() : "1\(amount(upTo: 9))" }

    /// With a resolution that has a price, one that has none, or none; at moments around the changes, and before the first
    /// price.
    private func plannedCall(tokens: Bool, quantity: String) throws -> PlannedCall {
        let prompt = tokens ? [0, 1, 999, 1_000, 1_001, 123_456].randomElement() ?? 0 : 0
        let cached = Int.random(in: 0...prompt)
        let seconds: Int64 = [-10_000_000, -1, 0, 49, 50, 51, 99, 100, 101].randomElement() ?? 0
        return PlannedCall(
            quantity: try decimal(quantity), resolution: (resolutions + ["8K", nil, nil]).randomElement() ?? nil,
            promptTokens: prompt, cachedTokens: cached, cacheWriteTokens: Int.random(in: 0...(prompt - cached)),
            completionTokens: tokens ? Int.random(in: prompt == 0 ? 1...9 : 0...9) : 0, at: noon.later(seconds))
    }

    // MARK: - What is charged

    /// Compares an explanation with the row of the call that was made, and with the entry of the ledger for it.
    private func assertCharged(
        _ explanation: PriceExplanation, by user: String, file: StaticString = #filePath, line: UInt = #line
    ) throws {
        let charged = try value(
            """
            SELECT concat_ws('|', trim_scale(r.cost), r.currency, r.price_id, trim_scale(-t.amount), a.currency)
            FROM requests r
            LEFT JOIN credit_transactions t ON t.request_id = r.id
            LEFT JOIN credit_accounts a ON a.id = t.account_id
            WHERE r.user_id = \(user)
            """, as: String.self)
        guard let total = explanation.total, let version = explanation.version else {
            return XCTAssertEqual(charged, "", "\(explanation)", file: file, line: line)
        }
        let entry = total.text == "0" ? [] : [total.text, version.currency]
        XCTAssertEqual(
            charged, ([total.text, version.currency, "\(version.id)"] + entry).joined(separator: "|"),
            "\(explanation)", file: file, line: line)
        let amounts = explanation.meters.compactMap(\.amount?.text)
        XCTAssertEqual(amounts.count, explanation.meters.count, "\(explanation)", file: file, line: line)
        XCTAssertEqual(
            try value("SELECT trim_scale(coalesce(sum(a), 0))::text FROM unnest(\(amounts)::numeric[]) AS a"),
            total.text, "\(explanation)", file: file, line: line)
    }

    /// Makes models and calls of each; `charge` accounts a call under the user of that name.
    private func explainAndCharge(
        tokens: Bool = false, quantity: () -> String,
        _ charge: (_ call: PlannedCall, _ model: String, _ user: String) throws -> Void
    ) throws {
        var explained: [String: PriceExplanation] = [:]
        for number in 1...25 {
            let model = "shape \(number) \(UInt32.random(in: 0 ... .max))"
            try makeModel(model)
            for turn in 1...8 {
                let call = try plannedCall(tokens: tokens, quantity: quantity())
                let user = "\(model) \(turn)"
                explained[user] = try store.explain(call, model: model, of: Slug.openai)
                try charge(call, model, user)
            }
        }
        try postAll()
        for (user, explanation) in explained { try assertCharged(explanation, by: user) }
        XCTAssertGreaterThan(explained.values.filter { $0.total != nil }.count, 50)
        XCTAssertGreaterThan(explained.values.filter { $0.total == nil }.count, 5)
        try assertNone("SELECT fault FROM credit_ledger_faults")
    }

    func testAReportedCallIsChargedWhatWasExplained() throws {
        try explainAndCharge(quantity: wholeOrPart) { (call, model, user) in
            let report = RequestReport(
                externalID: user, model: model, status: .completed, userID: user, createdAt: call.at,
                completedAt: call.at, responseTime: nil, cost: nil, quantity: call.quantity,
                resolution: call.resolution, payload: RequestPayload(), providerRequestID: nil, fingerprint: [1])
            try transact { (transaction) throws(Failure) in
                _ = try transaction.record([report], of: Slug.openai) { "number \($0)" }
            }
        }
    }

    func testACallThatEndsLaterIsChargedWhatWasExplained() throws {
        let noon = noon
        try explainAndCharge(quantity: wholeOrPart) { (call, model, user) in
            let report = RequestReport(
                externalID: user, model: model, status: .pending, userID: user, createdAt: call.at, completedAt: nil,
                responseTime: nil, cost: nil, quantity: call.quantity, resolution: call.resolution,
                payload: RequestPayload(), providerRequestID: nil, fingerprint: [1])
            try transact { (transaction) throws(Failure) in
                for recorded in try transaction.record([report], of: Slug.openai, path: { "number \($0)" }) {
                    _ = try transaction.advance(recorded.id, RequestProgress(status: .completed), at: noon)
                }
            }
        }
    }

    func testAChatIsChargedWhatWasExplained() throws {
        let target = try store.callTarget(try configure().connection.id, of: owner)
        let owner = owner
        try explainAndCharge(tokens: true, quantity: { "0" }) { (call, model, user) in
            let made = CompletedCall(
                purpose: "test", userID: user, model: model, reportedModel: model, priceNames: [model],
                promptTokens: call.promptTokens, cachedPromptTokens: call.cachedTokens,
                cacheWriteTokens: call.cacheWriteTokens, completionTokens: call.completionTokens, startedAt: call.at,
                completedAt: call.at, responseMilliseconds: 1, httpRequestID: user)
            try transact { (transaction) throws(Failure) in
                _ = try transaction.record(made, through: target, of: owner)
            }
        }
    }

    func testPicturesOfAModelThatCountsTokensAreChargedWhatWasExplained() throws {
        let environment = try EnvironmentName("default")
        try explainAndCharge(tokens: true, quantity: whole) { (call, model, user) in
            let made = InstallationCall(
                slug: Slug.openai, credential: .make(at: call.at), credentialVersion: 1, environment: environment,
                userID: user, model: model, startedAt: call.at, responseMilliseconds: 1)
            let painted = PaintedImages(
                count: try XCTUnwrap(Int(call.quantity.text)), reportedModel: model, priceNames: [model],
                promptTokens: call.promptTokens, cachedPromptTokens: call.cachedTokens,
                cacheWriteTokens: call.cacheWriteTokens, completionTokens: call.completionTokens, imageTokens: 0,
                resolution: call.resolution, reportedCost: nil)
            try transact { (transaction) throws(Failure) in _ = try transaction.record(painted, of: made) }
        }
    }
}

extension Timestamp {
    fileprivate func later(_ seconds: Int64) -> Timestamp {
        Timestamp(microseconds: microseconds + seconds * 1_000_000)
    }
}
