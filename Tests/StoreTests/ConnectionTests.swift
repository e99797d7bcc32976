import Domain
import Postgres
import XCTest

@testable import Store

final class ConnectionTests: StoreTestCase {
    private var everySetting: ModelSettingsChange {
        var settings = ModelSettingsChange.named("gpt-4o")
        settings.temperature = ExactDecimal("0.7")
        settings.maxTokens = 1_000
        settings.topP = ExactDecimal("0.95")
        settings.frequencyPenalty = ExactDecimal("-2")
        settings.presencePenalty = ExactDecimal("1.5")
        return settings
    }

    // MARK: - Making and reading

    func testAConnectionIsMadeWithEverySettingAndReadBackTheSame() throws {
        let (made, isNew) = try configure(settings: everySetting)
        XCTAssertTrue(isNew)
        let found = try store.connection(made.id, of: owner)
        for connection in [made, found] + (try store.connections(of: owner)) {
            XCTAssertEqual(connection.id, made.id)
            XCTAssertEqual(connection.providerName, "OpenAI")
            XCTAssertTrue(connection.isActive)
            XCTAssertEqual(
                connection.settings,
                ModelSettings(
                    model: "gpt-4o", temperature: ExactDecimal("0.7"), maxTokens: 1_000, topP: ExactDecimal("0.95"),
                    frequencyPenalty: ExactDecimal("-2"), presencePenalty: ExactDecimal("1.5")))
            XCTAssertEqual(connection.usageCount, 0)
            XCTAssertEqual(connection.totalTokens, 0)
            XCTAssertEqual(connection.totalCost.text, "0")
            XCTAssertNil(connection.lastUsedAt)
            XCTAssertEqual(connection.createdAt, noon)
            XCTAssertEqual(connection.updatedAt, noon)
            XCTAssertEqual(connection.version, 1)
        }
    }

    func testWithoutAModelTheDefaultOneIsTaken() throws {
        XCTAssertEqual(try configure(settings: .named(nil)).connection.settings.model, "default-model")
    }

    func testConnectionsAreListedNewestFirst() throws {
        let first = try configure(at: noon).connection.id
        let third = try configure(Slug.gemini, at: Timestamp(microseconds: noon.microseconds + 2)).connection.id
        let second = try configure(Slug.claude, at: Timestamp(microseconds: noon.microseconds + 1)).connection.id
        XCTAssertEqual(try store.connections(of: owner).map(\.id), [third, second, first])
    }

    func testAnUnknownProviderLeavesNothing() throws {
        XCTAssertEqual(failure { try configure(Slug.nobody) }, .notFound("Provider"))
        XCTAssertEqual(try credentials(), 0)
    }

    func testATenantAndAUserOfTheSameNameAreDifferentOwners() throws {
        let name = owner.key
        let tenants = try configure(for: .tenant(name)).connection.id
        let users = try configure(for: .user(name)).connection.id
        XCTAssertEqual(try store.connections(of: .tenant(name)).map(\.id), [tenants])
        XCTAssertEqual(try store.connections(of: .user(name)).map(\.id), [users])
    }

    // MARK: - Configuring again

    func testConfiguringAgainReplacesTheCredentialAndKeepsWhatIsNotNamed() throws {
        let first = try configure(settings: everySetting).connection
        var change = ModelSettingsChange()
        change.maxTokens = 5
        let later = Timestamp(seconds: noon.seconds + 60)
        let (second, isNew) = try configure(key: "sk-second-0123456789", settings: change, at: later)
        XCTAssertFalse(isNew)
        XCTAssertEqual(second.id, first.id)
        XCTAssertEqual(second.version, 2)
        XCTAssertEqual(second.createdAt, noon)
        XCTAssertEqual(second.updatedAt, later)
        XCTAssertEqual(second.settings.model, "gpt-4o")
        XCTAssertEqual(second.settings.temperature, ExactDecimal("0.7"))
        XCTAssertEqual(second.settings.maxTokens, 5)
        XCTAssertEqual(try credentials(), 1)
        XCTAssertEqual(try store.callTarget(first.id, of: owner).credential, Secret("sk-second-0123456789"))
    }

    func testConfiguringAgainSwitchesOn() throws {
        let id = try configure().connection.id
        XCTAssertFalse(try update(id, isActive: false).isActive)
        XCTAssertTrue(try configure().connection.isActive)
    }

    func testManyWhoConfigureAtOnceMakeOneConnectionWithOneCredential() throws {
        let makeStore = try makeStore()
        let (owner, noon) = (owner, noon)
        let made = Collected<(isNew: Bool, id: String)>()
        let errors = concurrently(8) { number in
            for round in 0..<5 {
                let result = try makeStore().transaction { (transaction) throws(Failure) in
                    try transaction.configure(
                        Slug.claude, for: owner, with: .of("key \(number) \(round)"), settings: .named("m\(number)"),
                        defaultModel: "d", at: noon)
                }
                made.add((result.isNew, result.connection.id.text))
            }
        }
        XCTAssertEqual(errors.count, 0, "\(errors)")
        XCTAssertEqual(made.all.count, 40)
        XCTAssertEqual(made.all.filter(\.isNew).count, 1)
        XCTAssertEqual(Set(made.all.map(\.id)).count, 1)
        XCTAssertEqual(try credentials(), 1)
        let connection = try XCTUnwrap(try store.connections(of: owner).first)
        XCTAssertEqual(connection.version, 40)
        // The settings and the credential are of the same, last attempt.
        let credential = try store.callTarget(connection.id, of: owner).credential.exposeText()
        XCTAssertTrue(credential.hasPrefix("key \(connection.settings.model.dropFirst()) "), credential)
    }

    func testConfiguringAndDeletingAtOnceLeaveNoOrphan() throws {
        let makeStore = try makeStore()
        let (owner, noon) = (owner, noon)
        let errors = concurrently(6) { number in
            for _ in 0..<8 {
                if number % 2 == 0 {
                    _ = try makeStore().transaction { (transaction) throws(Failure) in
                        try transaction.configure(
                            Slug.openai, for: owner, with: .of("key"), settings: .named("m"), defaultModel: "d",
                            at: noon)
                    }
                } else if let id = try makeStore().connections(of: owner).first?.id {
                    do {
                        _ = try makeStore().transaction { (transaction) throws(Failure) in
                            try transaction.deleteConnection(id, of: owner, ifVersions: nil)
                        }
                    } catch Failure.notFound {
                        // Another thread has deleted it.
                    }
                }
            }
        }
        XCTAssertEqual(errors.count, 0, "\(errors)")
        XCTAssertEqual(try credentials(), try store.connections(of: owner).count)
    }

    // MARK: - Changing

    func testAnUpdateChangesWhatIsNamedAndNothingElse() throws {
        let id = try configure(settings: everySetting).connection.id
        var change = ModelSettingsChange()
        change.temperature = ExactDecimal("2")
        let changed = try update(id, settings: change)
        XCTAssertEqual(changed.settings.temperature, ExactDecimal("2"))
        XCTAssertEqual(changed.settings.topP, ExactDecimal("0.95"))
        XCTAssertEqual(changed.version, 2)
        XCTAssertEqual(try store.connection(id, of: owner).settings, changed.settings)
        XCTAssertEqual(try store.callTarget(id, of: owner).credential, Secret("sk-first-0123456789"))
    }

    func testAnUpdateWithACredentialRemovesTheOldOne() throws {
        let id = try configure().connection.id
        XCTAssertTrue(try update(id, credential: .of("sk-other-0123456789")).isActive)
        XCTAssertEqual(try credentials(), 1)
        XCTAssertEqual(try store.callTarget(id, of: owner).credential, Secret("sk-other-0123456789"))
    }

    func testAnUpdateOfAVersionThatIsNotTheCurrentOneChangesNothing() throws {
        let id = try configure().connection.id
        XCTAssertEqual(
            failure { try update(id, ifVersions: [2, 7], credential: .of("sk-other")) }, .preconditionFailed)
        XCTAssertEqual(failure { try update(id, ifVersions: []) }, .preconditionFailed)
        XCTAssertEqual(try update(id, ifVersions: [7, 1]).version, 2)
        XCTAssertEqual(try store.callTarget(id, of: owner).credential, Secret("sk-first-0123456789"))
        XCTAssertEqual(try credentials(), 1)
    }

    func testOfTwoUpdatesOfTheSameVersionOneIsRefused() throws {
        let id = try configure().connection.id
        let makeStore = try makeStore()
        let (owner, noon) = (owner, noon)
        let errors = concurrently(8) { number in
            _ = try makeStore().transaction { (transaction) throws(Failure) in
                try transaction.update(
                    id, of: owner, ifVersions: [1], credential: nil, settings: .named("m\(number)"), isActive: nil,
                    at: noon)
            }
        }
        XCTAssertEqual(errors.compactMap { $0 as? Failure }, Array(repeating: .preconditionFailed, count: 7))
        XCTAssertEqual(try store.connection(id, of: owner).version, 2)
    }

    func testWhatIsNotThereAndWhatBelongsToAnotherOwnerLookAlike() throws {
        let id = try configure().connection.id
        for (id, owner) in [(id, Owner.user("mallory")), (ID<Connection>.make(at: noon), owner)] {
            XCTAssertEqual(failure { try store.connection(id, of: owner) }, .notFound("AI provider"))
            XCTAssertEqual(failure { try store.callTarget(id, of: owner) }, .notFound("AI provider"))
            XCTAssertEqual(failure { try update(id, of: owner) }, .notFound("AI provider"))
            XCTAssertEqual(failure { try delete(id, of: owner) }, .notFound("AI provider"))
        }
        XCTAssertEqual(try store.connection(id, of: owner).version, 1)
    }

    // MARK: - Deleting

    func testDeletingRemovesTheConnectionAndItsCredentialAndNoOther() throws {
        let id = try configure().connection.id
        let other = try configure(Slug.claude).connection.id
        try configure(for: .user(owner.key))
        XCTAssertEqual(try delete(id), Slug.openai)
        XCTAssertEqual(failure { try store.connection(id, of: owner) }, .notFound("AI provider"))
        XCTAssertEqual(try store.connections(of: owner).map(\.id), [other])
        XCTAssertEqual(try credentials(), 1)
        XCTAssertEqual(try store.connections(of: .user(owner.key)).count, 1)
    }

    func testDeletingAnotherVersionIsRefused() throws {
        let id = try configure().connection.id
        XCTAssertEqual(failure { try delete(id, ifVersions: [2]) }, .preconditionFailed)
        XCTAssertEqual(try delete(id, ifVersions: [1]), Slug.openai)
    }

    func testAfterDeletingTheNextOneIsNew() throws {
        let first = try configure().connection.id
        _ = try delete(first)
        let (second, isNew) = try configure()
        XCTAssertTrue(isNew)
        XCTAssertNotEqual(second.id, first)
        XCTAssertEqual(second.version, 1)
    }

    // MARK: - Credentials

    func testACredentialOpensForItsOwnRowOnly() throws {
        let id = try configure().connection.id
        let other = try configure(for: .user(owner.key), key: "sk-stranger-0123456789").connection.id
        try run(
            """
            UPDATE credentials k SET sealed = other.sealed
            FROM connections c, connections o JOIN credentials other ON other.id = o.credential_id
            WHERE c.id = '\(id)' AND k.id = c.credential_id AND o.id = '\(other)'
            """)
        XCTAssertEqual(failure { try store.callTarget(id, of: owner) }, .defect("crypto: doesNotOpen"))
    }

    func testTheCredentialIsNotInTheDatabaseInClear() throws {
        try configure(key: "sk-clear-0123456789")
        let text = Array("sk-clear-0123456789".utf8)
        XCTAssertEqual(
            try value("SELECT count(*) FROM credentials WHERE position(\(SQLBytes(text)) IN sealed) > 0", as: Int.self),
            0)
        XCTAssertEqual(
            try column("SELECT hint FROM credentials WHERE owner = \(owner)", as: String.self), ["…6789"])
    }

    // MARK: - Steps

    private func update(
        _ id: ID<Connection>, of other: Owner? = nil, ifVersions versions: [Int]? = nil,
        credential: NewCredential? = nil, settings: ModelSettingsChange = ModelSettingsChange(), isActive: Bool? = nil
    ) throws -> Connection {
        try transact { (transaction) throws(Failure) in
            try transaction.update(
                id, of: other ?? owner, ifVersions: versions, credential: credential, settings: settings,
                isActive: isActive, at: noon)
        }
    }

    private func delete(
        _ id: ID<Connection>, of other: Owner? = nil, ifVersions versions: [Int]? = nil
    ) throws -> ProviderSlug {
        try transact { (transaction) throws(Failure) in
            try transaction.deleteConnection(id, of: other ?? owner, ifVersions: versions)
        }
    }

    private func credentials() throws -> Int {
        try value("SELECT count(*) FROM credentials WHERE owner = \(owner)")
    }
}
