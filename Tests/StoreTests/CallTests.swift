import Domain
import Postgres
import Providers
import XCTest

@testable import Store

final class CallTests: StoreTestCase {
    override class func setUp() {
        super.setUp()
        do {
            // No provider of the catalogue has these names.
            try prepare(
                """
                INSERT INTO models (provider_id, name, display_name, kind, unsupported_parameters)
                SELECT p.id, m.name, m.name, 'chat', '{topP,temperature}'
                FROM providers p
                CROSS JOIN (VALUES ('priced'), ('*'), ('unpriced'), ('later')) AS m (name)
                WHERE p.slug = 'openai';
                INSERT INTO prices (model_id, effective_from, input, output, source)
                SELECT m.id, v.day::timestamptz, v.input, v.output, 'test'
                FROM (VALUES
                    ('priced', '2024-01-01', 1, 2), ('priced', '2026-03-05 12:00:00', 10, 20),
                    ('priced', '2026-03-05 12:00:01', 100, 200), ('*', '2024-01-01', 7, 7),
                    ('later', '2027-01-01', 5, 5), ('unpriced', '2024-01-01', NULL, NULL)
                ) AS v (name, day, input, output)
                JOIN models m ON m.name = v.name;
                """)
        } catch {
            XCTFail("\(error)")
        }
    }

    private func target(_ slug: ProviderSlug = Slug.openai, model: String = "priced") throws -> CallTarget {
        try store.callTarget(try configure(slug, settings: .named(model)).connection.id, of: owner)
    }

    private func call(
        _ names: [String] = ["priced"], prompt: Int = 10, completion: Int = 1, startedAt: Timestamp? = nil,
        milliseconds: Int = 250
    ) -> CompletedCall {
        let start = startedAt ?? noon
        return CompletedCall(
            purpose: "test", userID: "alice", model: "priced", reportedModel: "priced-2026", priceNames: names,
            promptTokens: prompt, cachedPromptTokens: 0, cacheWriteTokens: 0, completionTokens: completion,
            startedAt: start, completedAt: Timestamp(microseconds: start.microseconds + Int64(milliseconds) * 1_000),
            responseMilliseconds: milliseconds, httpRequestID: "request-1")
    }

    private func failed(_ kind: UpstreamFailure.Kind) -> FailedCall {
        FailedCall(
            purpose: "test", userID: "alice", model: "priced", kind: kind, startedAt: noon,
            completedAt: Timestamp(seconds: noon.seconds + 1), responseMilliseconds: 1_000, httpRequestID: "request-2")
    }

    @discardableResult
    private func record(_ call: CompletedCall, through target: CallTarget) throws -> String? {
        try transact { (transaction) throws(Failure) in
            try transaction.record(call, through: target, of: owner)
        }?.text
    }

    private func record(_ call: FailedCall, through target: CallTarget) throws {
        try transact { (transaction) throws(Failure) in try transaction.record(call, through: target, of: owner) }
    }

    private func credential() throws -> String {
        try value("SELECT state || ' ' || is_active FROM credentials WHERE owner = \(owner)")
    }

    // MARK: - The target of a call

    func testATargetHasWhatTheCallNeeds() throws {
        let target = try target()
        XCTAssertEqual(target.slug, "openai")
        XCTAssertEqual(target.displayName, "OpenAI")
        XCTAssertEqual(target.endpointURL, "https://api.openai.com/v1")
        XCTAssertTrue(target.providerEnabled)
        XCTAssertTrue(target.connectionActive)
        XCTAssertEqual(target.timeoutMilliseconds, 30_000)
        XCTAssertEqual(target.settings.model, "priced")
        XCTAssertEqual(target.unsupportedParameters, ["topP", "temperature"])
        XCTAssertEqual(target.credential, Secret("sk-first-0123456789"))
        XCTAssertFalse("\(target)".contains("sk-first"))
    }

    func testAModelThatTheCatalogueDoesNotKnowRefusesNothing() throws {
        XCTAssertEqual(try target(model: "unheard-of").unsupportedParameters, [])
    }

    // MARK: - Completed calls

    func testACompletedCallIsAccountedOnceInItsRowAndInTheTotals() throws {
        let target = try target()
        // 10 × 10 + 1 × 20 = 120 millionths.
        XCTAssertEqual(try record(call(), through: target), "0.00012")
        XCTAssertEqual(try record(call(prompt: 3, completion: 4), through: target), "0.00011")
        let connection = try store.connection(target.connectionID, of: owner)
        XCTAssertEqual(connection.usageCount, 2)
        XCTAssertEqual(connection.totalTokens, 18)
        XCTAssertEqual(connection.totalCost.text, "0.00023")
        XCTAssertEqual(connection.lastUsedAt, Timestamp(microseconds: noon.microseconds + 250_000))
        XCTAssertEqual(connection.version, 1, "usage is no change of the configuration")
        XCTAssertEqual(
            try column(
                """
                SELECT concat_ws('|', p.slug, user_id, purpose, r.model, reported_model, status, response_ms,
                                 prompt_tokens, completion_tokens, trim_scale(cost), r.currency, http_request_id,
                                 r.created_at = \(noon)::timestamptz, completed_at - r.created_at)
                FROM requests r
                JOIN providers p ON p.id = r.provider_id
                WHERE connection_id = \(target.connectionID) AND owner = \(owner)
                ORDER BY prompt_tokens
                """, as: String.self),
            [
                "openai|alice|test|priced|priced-2026|completed|250|3|4|0.00011|USD|request-1|t|00:00:00.25",
                "openai|alice|test|priced|priced-2026|completed|250|10|1|0.00012|USD|request-1|t|00:00:00.25",
            ])
    }

    func testAnEarlierCallThatEndsLaterDoesNotMoveTheLastUseBack() throws {
        let target = try target()
        try record(call(milliseconds: 5_000), through: target)
        try record(call(milliseconds: 1), through: target)
        XCTAssertEqual(
            try store.connection(target.connectionID, of: owner).lastUsedAt, Timestamp(seconds: noon.seconds + 5))
    }

    func testManyCallsAtOnceAreAllCounted() throws {
        let target = try target()
        let makeStore = try makeStore()
        let (owner, call) = (owner, call())
        let errors = concurrently(8) { _ in
            for _ in 0..<5 {
                _ = try makeStore().transaction { (transaction) throws(Failure) in
                    try transaction.record(call, through: target, of: owner)
                }
            }
        }
        XCTAssertEqual(errors.count, 0, "\(errors)")
        let connection = try store.connection(target.connectionID, of: owner)
        XCTAssertEqual(connection.usageCount, 40)
        XCTAssertEqual(connection.totalCost.text, "0.0048")
    }

    func testTheAccountOutlivesItsConnection() throws {
        let target = try target()
        try record(call(), through: target)
        _ = try transact { (transaction) throws(Failure) in
            try transaction.deleteConnection(target.connectionID, of: owner, ifVersions: nil)
        }
        // A call that was under way meanwhile is accounted as well.
        XCTAssertEqual(try record(call(), through: target), "0.00012")
        XCTAssertEqual(try value("SELECT count(*) FROM requests WHERE owner = \(owner)", as: Int.self), 2)
    }

    // MARK: - Which price

    func testThePriceIsTheOneThatHeldWhenTheCallBegan() throws {
        let target = try target()
        let before = Timestamp(microseconds: noon.microseconds - 1)
        XCTAssertEqual(try record(call(startedAt: before), through: target), "0.000012")
        XCTAssertEqual(try record(call(startedAt: noon), through: target), "0.00012")
        // It ends under a later price that is ten times as high.
        XCTAssertEqual(try record(call(startedAt: noon, milliseconds: 60_000), through: target), "0.00012")
        XCTAssertEqual(
            try record(call(startedAt: Timestamp(seconds: noon.seconds + 1)), through: target), "0.0012")
        XCTAssertEqual(
            try column(
                """
                SELECT trim_scale(one.input)::text
                FROM requests r
                JOIN prices one ON one.id = r.price_id
                WHERE r.owner = \(owner)
                ORDER BY one.input, r.id
                """, as: String.self),
            ["1", "10", "10", "100"])
    }

    func testAPriceOfTheFutureIsNotUsed() throws {
        let target = try target()
        XCTAssertNil(try record(call(["later"]), through: target))
        XCTAssertEqual(
            try record(call(["later"], startedAt: Timestamp(seconds: 1_798_761_600)), through: target), "0.000055")
    }

    func testTheFirstNameThatTheCatalogueHasIsMeantAndTheWildcardIsTheLast() throws {
        let target = try target()
        let priced = "0.00012"
        let wildcard = "0.000077"
        XCTAssertEqual(try record(call(["priced", "*"]), through: target), priced)
        XCTAssertEqual(try record(call(["unheard-of", "priced", "*"]), through: target), priced)
        XCTAssertEqual(try record(call(["unheard-of", "*"]), through: target), wildcard)
        XCTAssertEqual(try record(call(["*", "priced"]), through: target), wildcard)
        XCTAssertNil(try record(call(["unheard-of"]), through: target))
        XCTAssertNil(try record(call([]), through: target))
        // What the program asks for, from what a provider reports.
        for (reported, requested, cost) in [
            ("priced", "priced", priced), ("priced-2026-01-31", "priced", priced), ("priced-latest", "x", priced),
            ("priced-preview", "priced", priced), ("other", "priced", wildcard), ("pricedless", "priced", wildcard),
        ] {
            let names = ModelMatch.candidates(reported: reported, requested: requested)
            XCTAssertEqual(try record(call(names), through: target), cost, "\(reported) for \(requested)")
        }
    }

    func testTheModelOfAnotherProviderIsNotMeant() throws {
        XCTAssertNil(try record(call(["priced", "*"]), through: try target(Slug.claude)))
    }

    func testAModelWithUnknownRatesHasAnUnknownCostAndNoPriceVersion() throws {
        let target = try target()
        XCTAssertNil(try record(call(["unpriced", "*"]), through: target))
        XCTAssertEqual(
            try column(
                "SELECT concat_ws('|', cost, currency, price_id) FROM requests WHERE owner = \(owner)", as: String.self),
            [""])
        let connection = try store.connection(target.connectionID, of: owner)
        XCTAssertEqual(connection.totalCost.text, "0")
        XCTAssertEqual(connection.totalTokens, 11)
    }

    // MARK: - Failed calls and the credential

    func testAFailedCallIsAccountedWithItsReasonAndIsNoUse() throws {
        let target = try target()
        try record(failed(.timedOut), through: target)
        XCTAssertEqual(
            try column(
                """
                SELECT concat_ws('|', status, error_kind, response_ms, coalesce(cost::text, 'unknown'), http_request_id)
                FROM requests
                WHERE connection_id = \(target.connectionID)
                """, as: String.self),
            ["failed|timed_out|1000|unknown|request-2"])
        let connection = try store.connection(target.connectionID, of: owner)
        XCTAssertEqual(connection.usageCount, 0)
        XCTAssertNil(connection.lastUsedAt)
    }

    func testOnlyARefusedCredentialIsSwitchedOff() throws {
        let target = try target()
        XCTAssertEqual(try credential(), "valid true")
        for kind in [
            UpstreamFailure.Kind.forbidden, .outOfMoney, .rateLimited, .overloaded, .badRequest, .gone, .unreachable,
            .timedOut, .malformed, .addressRefused,
        ] {
            try record(failed(kind), through: target)
            XCTAssertEqual(try credential(), "valid true", "\(kind)")
        }
        try record(failed(.invalidCredential), through: target)
        XCTAssertEqual(try credential(), "invalid false")
        XCTAssertFalse(try store.connection(target.connectionID, of: owner).isActive)
        XCTAssertFalse(try XCTUnwrap(try store.connections(of: owner).first).isActive)
        // The owner's own switch is still on, so that the connection may be tested again.
        XCTAssertTrue(try store.callTarget(target.connectionID, of: owner).connectionActive)
    }

    func testARefusedCredentialWorksAgainAfterACallThatSucceeds() throws {
        let target = try target()
        try record(failed(.invalidCredential), through: target)
        try record(call(), through: target)
        XCTAssertEqual(try credential(), "valid true")
        XCTAssertTrue(try store.connection(target.connectionID, of: owner).isActive)
    }

    func testSwitchingOnByHandGivesARefusedCredentialAnotherChance() throws {
        let target = try target()
        try record(failed(.invalidCredential), through: target)
        let (owner, noon) = (owner, noon)
        for (isActive, state, shown) in [
            (nil, "invalid false", false), (false, "invalid false", false), (true, "untested true", true),
            (true, "untested true", true),
        ] as [(Bool?, String, Bool)] {
            let connection = try transact { (transaction) throws(Failure) in
                try transaction.update(
                    target.connectionID, of: owner, ifVersions: nil, credential: nil,
                    settings: ModelSettingsChange(), isActive: isActive, at: noon)
            }
            XCTAssertEqual(try credential(), state)
            XCTAssertEqual(connection.isActive, shown)
        }
    }

    func testAFailureThroughAReplacedCredentialDoesNotTouchTheNewOne() throws {
        let old = try target()
        try configure(key: "sk-second-0123456789")
        try record(failed(.invalidCredential), through: old)
        XCTAssertEqual(try credential(), "valid true")
    }
}
