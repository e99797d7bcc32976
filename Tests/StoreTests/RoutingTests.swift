import Domain
import Postgres
import XCTest

@testable import Store

final class RoutingTests: StoreTestCase {
    override class func setUp() {
        super.setUp()
        XCTAssertNoThrow(
            try prepare(
                """
                INSERT INTO models (provider_id, name, display_name, kind)
                SELECT id, model, 'M', 'image'
                FROM providers, (VALUES ('fal_ai', 'a/b:1'), ('fal_ai', 'c'), ('replicate', 'c'), ('ollama', '*'))
                     AS known (slug, model)
                WHERE providers.slug = known.slug
                """))
    }

    private func target(_ slug: String, priority: Int = 1, weight: Int = 70) throws -> RoutingTarget {
        RoutingTarget(provider: try ProviderSlug(slug), priority: priority, weight: weight, enabled: weight > 0)
    }

    private func replace(_ rules: [RoutingRule], ifVersions versions: [Int]? = nil) throws -> RoutingConfiguration {
        try transact { (transaction) throws(Failure) in
            try transaction.replaceRouting(with: rules, by: "anna", ifVersions: versions, at: noon).after
        }
    }

    func testAVersionReplacesAllRulesInTheirOrder() throws {
        let rules = [
            RoutingRule(model: "c", targets: [try target("replicate", priority: 2), try target("fal_ai", weight: 0)]),
            RoutingRule(model: "a/b:1", targets: [try target("fal_ai")]),
        ]
        let made = try replace(rules)
        XCTAssertEqual(try store.routing(), made)
        XCTAssertEqual(made.rules, rules)
        let empty = try replace([])
        XCTAssertEqual(try store.routing(), RoutingConfiguration(version: made.version + 1, rules: []))
        XCTAssertEqual(empty.version, made.version + 1)
        XCTAssertEqual(
            try value("SELECT count(*) FROM routing_targets WHERE version = \(made.version)", as: Int.self), 3)
    }

    func testAProviderMustBeThereAndHaveTheModel() throws {
        let before = try store.routing()
        XCTAssertEqual(
            failure {
                try replace([
                    RoutingRule(model: "c", targets: [try target("fal_ai")]),
                    RoutingRule(model: "a/b:1", targets: [try target("fal_ai"), try target("replicate")]),
                ])
            }, .invalid("rules[1].providers[1].provider", "does not have the model of the rule"))
        XCTAssertEqual(
            failure { try replace([RoutingRule(model: "c", targets: [try target("nobody")])]) },
            .invalid("rules[0].providers[0].provider", "is not a known provider"))
        XCTAssertEqual(try store.routing(), before)
        // Whatever its owner has installed.
        XCTAssertNoThrow(try replace([RoutingRule(model: "mistral", targets: [try target("ollama")])]))
    }

    func testOfManyWritersWithTheSameVersionOneSucceeds() throws {
        let makeStore = try makeStore()
        let rules = [RoutingRule(model: "c", targets: [try target("fal_ai")])]
        let noon = noon
        for _ in 1...25 {
            let seen = try store.routing().version
            let refused = concurrently(4) { writer in
                try makeStore().transaction { (transaction) throws(Failure) in
                    _ = try transaction.replaceRouting(with: rules, by: "w \(writer)", ifVersions: [seen], at: noon)
                }
            }
            XCTAssertEqual(refused.compactMap { $0 as? Failure }, Array(repeating: .preconditionFailed, count: 3))
            XCTAssertEqual(try store.routing().version, seen + 1)
        }
    }
}
