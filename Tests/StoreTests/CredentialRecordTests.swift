import Domain
import Postgres
import XCTest

@testable import Store

/// Several credentials of one provider: which one is used, and what a check does to it.
final class CredentialRecordTests: StoreTestCase {
    private let slug = Slug.gemini

    override func setUpWithError() throws {
        try super.setUpWithError()
        try run("DELETE FROM credentials WHERE owner IS NULL")
    }

    @discardableResult
    private func add(
        _ key: String, in environment: String = "default", at moment: Timestamp? = nil,
        _ properties: (inout CredentialChange) -> Void = { _ in }
    ) throws -> CredentialRecord {
        var change = CredentialChange()
        change.environment = environment
        properties(&change)
        let (slug, now, given) = (slug, moment ?? noon, change)
        return try transact { (transaction) throws(Failure) in
            try transaction.addCredential(.of(key), to: slug, given, proved: false, at: now)
        }
    }

    private func change(
        _ record: CredentialRecord, secret: String? = nil, versions: [Int]? = nil,
        _ properties: (inout CredentialChange) -> Void = { _ in }
    ) throws -> CredentialRecord {
        var change = CredentialChange()
        properties(&change)
        let (slug, noon, given) = (slug, noon, change)
        return try transact { (transaction) throws(Failure) in
            try transaction.changeCredential(
                record.id, of: slug, given, secret: secret.map(NewCredential.of), proved: false, ifVersions: versions,
                at: noon
            ).after
        }
    }

    private func settle(_ credential: InstallationCredential, refused: Bool) throws {
        let (slug, noon) = (slug, noon)
        let finding = HealthFinding(
            refused ? UpstreamFailure(.invalidCredential, "No", status: 401) : nil, of: "Test", after: 5,
            reason: .manual)
        try transact { (transaction) throws(Failure) in
            try transaction.settle(
                credential.id, version: credential.version, of: slug, after: finding, at: noon)
        }
    }

    private func used(_ environment: EnvironmentName = .standard) throws -> String? {
        try store.installationCredential(of: slug, in: environment)?.secret.exposeText()
    }

    func testTheNewestActiveOneOfItsEnvironmentIsUsed() throws {
        XCTAssertNil(try used())
        let first = try add("first")
        // A clock that was set back does not make it older.
        let second = try add("second", at: Timestamp(seconds: noon.seconds - 3_600))
        try add("third", in: "dev")
        XCTAssertEqual(try used(), "second")
        XCTAssertEqual(try used(EnvironmentName("dev")), "third")
        XCTAssertNil(try used(EnvironmentName("prod")))
        _ = try change(second) { $0.isActive = false }
        XCTAssertEqual(try used(), "first")
        _ = try change(first) { $0.environment = "prod" }
        XCTAssertNil(try used())
        XCTAssertEqual(try used(EnvironmentName("prod")), "first")
    }

    func testOneThatHasEndedIsNotUsed() throws {
        try add("old") { $0.expiresAt = .set(Timestamp(seconds: 1_000_000_000)) }
        XCTAssertNil(try used())
        XCTAssertNil(try store.installationCredentialToTest(of: slug))
    }

    func testARefusedOneIsTriedAgainAndOneThatWasSwitchedOffIsNot() throws {
        let record = try add("key")
        try settle(try XCTUnwrap(store.installationCredential(of: slug)), refused: true)
        XCTAssertNil(try used())
        let again = try XCTUnwrap(store.installationCredentialToTest(of: slug))
        try settle(again, refused: false)
        XCTAssertEqual(try used(), "key")
        try settle(again, refused: true)
        _ = try change(record) { $0.isActive = false }
        XCTAssertNil(try store.installationCredentialToTest(of: slug))
        try settle(again, refused: false)
        XCTAssertFalse(try store.credentialRecord(record.id, of: slug).isActive)
    }

    func testWhatACheckFoundIsNotWrittenToAnotherKey() throws {
        let record = try add("old")
        let checked = try XCTUnwrap(store.installationCredential(of: slug))
        _ = try change(record, secret: "new")
        try settle(checked, refused: true)
        XCTAssertEqual(try store.credentialRecord(record.id, of: slug).state, .untested)
        XCTAssertEqual(try used(), "new")
    }

    func testAnOlderOneThatIsRefusedDoesNotComeBackBeforeANewerOne() throws {
        try add("old")
        let checked = try XCTUnwrap(store.installationCredential(of: slug))
        try settle(checked, refused: true)
        try add("new")
        try settle(checked, refused: false)
        XCTAssertEqual(try column("SELECT is_active FROM credentials WHERE id = \(checked.id)", as: Bool.self), [false])
        XCTAssertEqual(try used(), "new")
    }

    func testUseIsNoChange() throws {
        let record = try add("key")
        try settle(try XCTUnwrap(store.installationCredential(of: slug)), refused: false)
        let after = try store.credentialRecord(record.id, of: slug)
        XCTAssertEqual(after.lastUsedAt, noon)
        XCTAssertEqual(after.version, 1)
        XCTAssertEqual(after.state, .valid)
    }

    func testAVersionThatWasNotReadIsRefused() throws {
        let record = try add("key")
        XCTAssertEqual(try change(record, versions: [1]) { $0.name = .set("a") }.version, 2)
        XCTAssertEqual(failure { try change(record, versions: [1]) { $0.name = .remove } }, .preconditionFailed)
        XCTAssertEqual(try store.credentialRecord(record.id, of: slug).name, "a")
    }

    func testOneOfAnotherProviderIsNotThere() throws {
        let record = try add("key")
        XCTAssertEqual(failure { try store.credentialRecord(record.id, of: Slug.openai) }, .notFound("Credential"))
        XCTAssertNil(try store.installationCredential(record.id, of: Slug.openai))
        XCTAssertEqual(
            failure {
                try transact { (transaction) throws(Failure) in
                    try transaction.deleteCredential(record.id, of: Slug.openai, ifVersions: nil)
                }
            }, .notFound("Credential"))
        XCTAssertEqual(try used(), "key")
    }

    func testATextFindsNamesEnvironmentsOwnersAndHints() throws {
        let found = { (text: String) in
            try self.store.credentialRecords(
                of: self.slug, environment: nil, isActive: nil, owner: "installation", text: text, Page(limit: 100)
            ).rows.map { $0.name ?? "" }
        }
        try add("sk-first-0123456789") { $0.name = .set("Größe 100%") }
        try add("sk-second-0123459999", in: "staging") { $0.name = .set("two") }
        XCTAssertEqual(try found("grö"), ["Größe 100%"])
        XCTAssertEqual(try found("STAG"), ["two"])
        XCTAssertEqual(try found("9999"), ["two"])
        XCTAssertEqual(try found("0%"), ["Größe 100%"])
        XCTAssertEqual(try found("first"), [])
        XCTAssertEqual(try found("_"), [])
    }

    func testTheFirstConfigurationOfMachinesSwitchesTheirProviderOn() throws {
        let vsphere = try ProviderSlug("vsphere")
        let noon = noon
        let configuration = NewCredential(secret: Secret("{}"), type: "config", hint: nil, metadata: "{}")
        let configure = { (properties: CredentialChange) in
            try self.transact { (transaction) throws(Failure) in
                try transaction.addCredential(configuration, to: vsphere, properties, proved: false, at: noon)
            }
        }
        let enabled = { try self.store.provider(vsphere).enabled }
        try run("UPDATE providers SET enabled = false WHERE slug = 'vsphere'")
        XCTAssertTrue(try store.mayBeAsked(try store.provider(vsphere)))
        var off = CredentialChange()
        off.isActive = false
        let first = try configure(off)
        XCTAssertFalse(try enabled())
        XCTAssertFalse(try store.mayBeAsked(try store.provider(vsphere)))
        try transact { (transaction) throws(Failure) in
            _ = try transaction.deleteCredential(first.id, of: vsphere, ifVersions: nil)
        }
        _ = try configure(CredentialChange())
        XCTAssertTrue(try enabled())
        try run("UPDATE providers SET enabled = false WHERE slug = 'vsphere'")
        _ = try configure(CredentialChange())
        XCTAssertFalse(try enabled(), "somebody has switched it off")
    }

    func testOfSeveralConfigurationsTheOneThatIsUsedIsShown() throws {
        let vsphere = try ProviderSlug("vsphere")
        let noon = noon
        try run("DELETE FROM credentials WHERE type = 'config'")
        let configure = { (host: String) in
            try self.transact { (transaction) throws(Failure) in
                try transaction.addCredential(
                    NewCredential(secret: Secret(host), type: "config", hint: nil, metadata: "{\"host\":\"\(host)\"}"),
                    to: vsphere, CredentialChange(), proved: false, at: noon)
            }
        }
        let shown = { try self.store.computeProviders().map(\.shown) }
        XCTAssertEqual(try shown(), [])
        let records = try ["a", "b"].map(configure)
        XCTAssertEqual(try shown(), [#"{"host":"b"}"#])
        try run("UPDATE credentials SET is_active = false WHERE id = '\(records[1].id.text)'")
        XCTAssertEqual(try shown(), [#"{"host":"a"}"#])
        XCTAssertEqual(try store.installationCredential(of: vsphere)?.secret, Secret("a"))
        try run("UPDATE credentials SET expires_at = '2001-01-01' WHERE id = '\(records[0].id.text)'")
        XCTAssertEqual(try shown(), [])
        try run("UPDATE credentials SET state = 'invalid' WHERE id = '\(records[1].id.text)'")
        XCTAssertEqual(try shown(), [#"{"host":"b"}"#], "one that was refused is still configured")
    }

    func testThatOfAnOwnerIsHisToReplace() throws {
        try configure(slug)
        let list = try store.credentialRecords(of: slug, environment: nil, isActive: nil, Page(limit: 100))
        let record = try XCTUnwrap(list.rows.first { $0.owner == owner.key })
        let conflict = { (failure: Failure?) in if case .conflict = failure { true } else { false } }
        XCTAssertTrue(conflict(failure { try change(record, secret: "mine") }))
        XCTAssertTrue(conflict(failure { try change(record) { $0.environment = "dev" } }))
        let slug = slug
        XCTAssertTrue(
            conflict(
                failure {
                    try transact { (transaction) throws(Failure) in
                        try transaction.deleteCredential(record.id, of: slug, ifVersions: nil)
                    }
                }))
        XCTAssertFalse(try change(record) { $0.isActive = false }.isActive)
        XCTAssertNil(try used())
    }
}
