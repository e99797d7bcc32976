import Domain
import Postgres
import XCTest

@testable import Store

final class ProviderConfigurationTests: StoreTestCase {
    override class func setUp() {
        super.setUp()
        XCTAssertNoThrow(
            try prepare(
                """
                INSERT INTO models (provider_id, name, display_name, kind)
                SELECT p.id, model.name, model.name, 'chat'
                FROM providers p
                CROSS JOIN (VALUES ('b/one'), ('A two'), ('c:3'), ('*')) AS model (name)
                WHERE p.slug = 'gemini';
                UPDATE providers SET default_model = 'c:3' WHERE slug = 'gemini'
                """))
    }

    private func configure(
        versions: [Int]? = nil, _ change: (inout ProviderConfigurationChange) -> Void
    ) throws -> (before: ProviderConfiguration, after: ProviderConfiguration) {
        var wanted = ProviderConfigurationChange()
        change(&wanted)
        let (noon, chosen) = (noon, wanted)
        return try transact { (transaction) throws(Failure) in
            try transaction.configure(Slug.gemini, chosen, ifVersions: versions, at: noon)
        }
    }

    private var current: ProviderConfiguration { get throws { try store.configuration(of: Slug.gemini) } }

    func testWhatIsNamedIsChangedAndNothingElse() throws {
        let before = try current
        let (former, after) = try configure {
            $0.requestsPerDay = .lift
            $0.requestsPerHour = .set(7)
            $0.lowBalanceThreshold = ExactDecimal("0.0000000001")
        }
        XCTAssertEqual(former, before)
        XCTAssertEqual(after, try current)
        XCTAssertNil(after.requestsPerDay)
        XCTAssertEqual(after.requestsPerHour, 7)
        XCTAssertEqual(after.requestsPerMinute, before.requestsPerMinute)
        XCTAssertEqual(after.lowBalanceThreshold.text, "0.0000000001")
        XCTAssertEqual(after.version, before.version + 1)
        XCTAssertEqual(after.enabled, before.enabled)
        XCTAssertEqual(failure { try store.configuration(of: Slug.nobody) }, .notFound("Provider"))
    }

    func testTheModelsThatAreNamedAreOfferedInTheOrderOfTheirOctets() throws {
        XCTAssertEqual(try current.models, ["A two", "b/one", "c:3"])
        let after = try configure { $0.models = ["c:3", "A two"] }.after
        XCTAssertEqual(after.models, ["A two", "c:3"])
        XCTAssertEqual(try configure { $0.models = ["c:3", "b/one", "A two"] }.after.models.count, 3)
    }

    func testAnUnknownModelChangesNothing() throws {
        let before = try current
        XCTAssertEqual(
            failure {
                try configure {
                    $0.priority = 9
                    $0.models = ["c:3", "d", "*"]
                }
            },
            .invalid([
                FieldProblem("models[1]", "is not a model of this provider"),
                FieldProblem("models[2]", "is not a model of this provider"),
            ]))
        XCTAssertNotNil(failure { try configure { $0.models = ["b/one"] } })
        XCTAssertNotNil(failure { try configure { $0.activeModel = "d" } })
        XCTAssertEqual(try current, before)
    }

    func testTheActiveModelMayComeWithTheModels() throws {
        let after = try configure {
            $0.models = ["b/one"]
            $0.activeModel = "b/one"
        }.after
        XCTAssertEqual(after.activeModel, "b/one")
        _ = try configure {
            $0.models = ["b/one", "c:3", "A two"]
            $0.activeModel = "c:3"
        }
    }

    func testOfManyChangesOfTheSameVersionOneIsMade() throws {
        let version = try current.version
        let makeStore = try makeStore()
        let noon = noon
        let errors = concurrently(8) { number in
            var change = ProviderConfigurationChange()
            change.priority = number + 10
            let chosen = change
            _ = try makeStore().transaction { (transaction) throws(Failure) in
                try transaction.configure(Slug.gemini, chosen, ifVersions: [version], at: noon)
            }
        }
        XCTAssertEqual(errors.compactMap { $0 as? Failure }, Array(repeating: .preconditionFailed, count: 7))
        XCTAssertEqual(try current.version, version + 1)
    }
}
