import Domain
import Postgres

extension Transaction {
    /// Appends an entry to the provider's ledger in its currency, and makes the account where there is none. Writers of
    /// one account wait for one another until the transaction ends. Unknown slug: `.notFound`.
    package func addCredits(
        _ addition: CreditAddition, to slug: ProviderSlug, at now: Timestamp
    ) throws(Failure) -> CreditEntry {
        let account = try lockAccount(of: slug)
        return try one(
            "Credit account",
            """
            -- Store.addCredits
            WITH account AS (
                UPDATE credit_accounts a
                SET balance = a.balance + \(addition.amount)::numeric, entries = a.entries + 1,
                    -- Time never goes back along the numbers, whatever the clocks do.
                    updated_at = greatest(
                        \(now)::timestamptz,
                        (SELECT t.created_at
                         FROM credit_transactions t
                         WHERE t.account_id = a.id AND t.seq = a.entries))
                WHERE a.id = \(account)::integer
                RETURNING a.id, a.entries, a.balance, a.updated_at
            )
            INSERT INTO credit_transactions (account_id, seq, type, amount, balance_before, balance_after, description,
                                             metadata, created_by, created_at)
            SELECT a.id, a.entries, \(addition.type.rawValue), \(addition.amount)::numeric,
                   a.balance - \(addition.amount)::numeric, a.balance, \(addition.description),
                   \(addition.metadata)::json, \(addition.createdBy), a.updated_at
            FROM account a
            RETURNING account_id, seq, type, trim_scale(amount), trim_scale(balance_before), trim_scale(balance_after),
                      description, created_at, metadata
            """, CreditEntry.init(row:))
    }

    /// Holds the account until the transaction ends, so that the statement after this one sees its last entry.
    private func lockAccount(of slug: ProviderSlug) throws(Failure) -> Int {
        if let account = try heldAccount(of: slug) { return account }
        let made = try execute(
            """
            -- Store.makeAccount
            INSERT INTO credit_accounts (provider_id, currency)
            SELECT id, currency
            FROM providers
            WHERE slug = \(slug)
            ON CONFLICT ON CONSTRAINT credit_accounts_one_per_currency DO NOTHING
            """)
        guard let account = try heldAccount(of: slug) else {
            throw made == 0 ? .notFound("Provider") : .defect("the credit account of \(slug.text) is not there")
        }
        return account
    }

    private func heldAccount(of slug: ProviderSlug) throws(Failure) -> Int? {
        try rows(
            """
            -- Store.lockAccount
            SELECT a.id
            FROM credit_accounts a
            JOIN providers p ON p.id = a.provider_id AND p.currency = a.currency
            WHERE p.slug = \(slug)
            FOR UPDATE OF a
            """
        ) { (row) throws(PostgresError) in try row.next(Int.self) }.first
    }
}
