import Domain
import Postgres
import XCTest

@testable import Store

/// What tests of the ledger, the alerts and the jobs prepare: each test begins with an empty ledger and no alert.
class LedgerTestCase: StoreTestCase {
    static let fal = slug("fal_ai")
    static let replicate = slug("replicate")

    private static func slug(_ text: String) -> ProviderSlug {
        do { return try ProviderSlug(text) } catch { preconditionFailure("\(error)") }
    }

    override func setUpWithError() throws {
        try run(
            """
            TRUNCATE credit_transactions, credit_accounts, provider_balances, alerts, health_checks, usage_tail,
                     usage_rollups, usage_by_owner, requests, request_keys, request_payloads CASCADE;
            DELETE FROM credentials WHERE owner IS NULL;
            UPDATE providers SET enabled = true, currency = 'USD', low_balance_threshold = 100
            """)
    }

    func addition(_ amount: String, _ type: CreditType = .adjustment) throws -> CreditAddition {
        CreditAddition(
            type: type, amount: try XCTUnwrap(ExactDecimal(amount)), description: "d", metadata: "{}",
            createdBy: "alice")
    }

    @discardableResult
    func add(
        _ amount: String, _ type: CreditType = .adjustment, to slug: ProviderSlug = LedgerTestCase.fal,
        at now: Timestamp? = nil
    ) throws -> CreditEntry {
        let addition = try addition(amount, type)
        return try transact { (transaction) throws(Failure) in
            try transaction.addCredits(addition, to: slug, at: now ?? noon)
        }
    }

    func later(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: noon.microseconds + seconds * 1_000_000) }

    func faults() throws -> [String] {
        try column("SELECT fault FROM credit_ledger_faults", as: String.self).compactMap { $0 }
    }
}
