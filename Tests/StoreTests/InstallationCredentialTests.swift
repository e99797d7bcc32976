import Domain
import Postgres
import XCTest

@testable import Store

/// The installation's own credentials.
final class InstallationCredentialTests: StoreTestCase {
    private let succeeded = HealthFinding(status: .healthy, responseMilliseconds: 1, reason: .manual)
    private let refused = HealthFinding(
        status: .down, responseMilliseconds: 1, errorKind: "invalid_credential", errorMessage: "no", reason: .manual)

    override func setUpWithError() throws {
        try super.setUpWithError()
        try run("DELETE FROM credentials WHERE owner IS NULL")
    }

    @discardableResult
    private func replace(
        _ key: String, proved: Bool = true, expiresAt: Timestamp? = nil, _ slug: ProviderSlug = Slug.openai
    ) throws -> ReplacedCredential? {
        let noon = noon
        return try transact { (transaction) throws(Failure) in
            try transaction.replaceInstallationCredential(
                of: slug, with: .of(key), proved: proved, expiresAt: expiresAt, at: noon)
        }
    }

    private func settle(_ id: ID<Credential>, _ finding: HealthFinding) throws {
        let noon = noon
        try transact { (transaction) throws(Failure) in
            try transaction.settle(id, of: Slug.openai, after: finding, at: noon)
        }
    }

    private func states() throws -> [String?] {
        try column(
            "SELECT state || CASE WHEN is_active THEN ' on' ELSE ' off' END FROM credentials WHERE owner IS NULL ORDER BY created_at"
        )
    }

    func testWithoutOneThereIsNone() throws {
        XCTAssertNil(try store.installationCredential(of: Slug.openai))
        XCTAssertNil(try store.installationCredentialToTest(of: Slug.openai))
        XCTAssertNil(try store.installationCredential(of: Slug.nobody))
    }

    func testAnOwnersCredentialIsNotTheInstallations() throws {
        try configure()
        XCTAssertNil(try store.installationCredentialToTest(of: Slug.openai))
    }

    func testTheNewestOneIsUsedAndTheFormerOneIsOff() throws {
        XCTAssertNil(try replace("sk-first-0123456789", proved: false))
        let former = try XCTUnwrap(try replace("sk-second-9876543210", expiresAt: Timestamp(seconds: 4_000_000_000)))
        XCTAssertEqual(former.hint, "…6789")
        XCTAssertEqual(former.state, "untested")
        XCTAssertNil(former.expiresAt)
        XCTAssertEqual(try store.installationCredential(of: Slug.openai)?.secret, Secret("sk-second-9876543210"))
        XCTAssertEqual(try states(), ["untested off", "valid on"])
        XCTAssertEqual(try replace("sk-third-0123456789")?.expiresAt, Timestamp(seconds: 4_000_000_000))
        XCTAssertEqual(failure { try replace("x", Slug.nobody) }, .notFound("Provider"))
    }

    func testARefusedOneIsOffAndCanStillBeTested() throws {
        try replace("sk-first-0123456789")
        let id = try XCTUnwrap(try store.installationCredential(of: Slug.openai)).id
        try settle(id, refused)
        XCTAssertNil(try store.installationCredential(of: Slug.openai))
        XCTAssertEqual(try store.installationCredentialToTest(of: Slug.openai)?.id, id)
        XCTAssertEqual(try states(), ["invalid off"])
        try settle(id, succeeded)
        XCTAssertEqual(try states(), ["valid on"])
    }

    func testNeitherMoneyNorOutagesSwitchOff() throws {
        try replace("sk-first-0123456789", proved: false)
        let id = try XCTUnwrap(try store.installationCredential(of: Slug.openai)).id
        for kind in ["out_of_money", "rate_limited", "overloaded", "unreachable", "forbidden", "timed_out"] {
            try settle(
                id,
                HealthFinding(
                    status: .down, responseMilliseconds: nil, errorKind: kind, errorMessage: "x", reason: .manual))
            XCTAssertEqual(try states(), ["untested on"], kind)
        }
    }

    func testACheckOfAReplacedOneDoesNotBringItBack() throws {
        try replace("sk-first-0123456789")
        let id = try XCTUnwrap(try store.installationCredential(of: Slug.openai)).id
        try replace("sk-second-0123456789")
        try settle(id, succeeded)
        XCTAssertEqual(try states(), ["valid off", "valid on"])
        try settle(id, refused)
        XCTAssertEqual(try states(), ["valid off", "valid on"])
    }

    func testManyWhoReplaceItAtOnceLeaveOneThatIsUsed() throws {
        let makeStore = try makeStore()
        let noon = noon
        let errors = concurrently(8) { number in
            _ = try makeStore().transaction { (transaction) throws(Failure) in
                try transaction.replaceInstallationCredential(
                    of: Slug.openai, with: .of("sk-key-number-\(number)"), proved: true, expiresAt: nil, at: noon)
            }
        }
        XCTAssertEqual(errors.count, 0, "\(errors)")
        XCTAssertEqual(try states(), Array(repeating: "valid off", count: 7) + ["valid on"])
    }

    func testItOpensForItsOwnProviderOnly() throws {
        try replace("sk-first-0123456789")
        try replace("sk-other-0123456789", Slug.claude)
        try run(
            """
            UPDATE credentials k SET sealed = o.sealed
            FROM credentials o JOIN providers p ON p.id = o.provider_id AND p.slug = 'claude'
            WHERE o.owner IS NULL AND k.owner IS NULL AND k.provider_id <> o.provider_id
            """)
        XCTAssertEqual(
            failure { try store.installationCredential(of: Slug.openai) }, .defect("crypto: doesNotOpen"))
    }
}
