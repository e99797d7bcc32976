import Domain
import HTTP
import JSON
import Store

@Sendable
func showBalance(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let forecast = try services.store.balance(of: try request.provider(), at: request.receivedAt)
    return .data { forecast.write(to: &$0) }
}

/// Bounded by the number of providers, so that it has no pages; the contract shows a bare array.
@Sendable
func listBalances(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let format = try request.export()
    let balances = try services.store.balances()
    guard let format else {
        return .json(JSONWriter.object { $0.field("data", array: balances) })
    }
    return try services.export(format, of: BalanceRecord.self, file: ["balances"], in: .array) {
        (each) throws(Failure) in
        for balance in balances { try each(balance) }
    }
}

@Sendable
func listTransactions(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let provider = try request.provider()
    let type: CreditType? = try request.queryChoice("type")
    let list = Cursor.list("transactions", of: provider)
    let page = try request.page(of: list)
    let format = try request.export()
    let period = try services.period(request)
    let filter = CreditFilter(span: period.span, type: type)
    let store = services.store
    guard let format else {
        let slice = try store.creditTransactions(of: provider, filter, page)
        let rows = slice.rows.map { TransactionRow(provider: provider, entry: $0) }
        return .list("transactions", Slice(rows: rows, total: slice.total, next: slice.next), page, cursored: list)
    }
    _ = try store.provider(provider)
    return try services.export(
        format, of: TransactionRow.self, file: [provider.text, "transactions", period.fileName, type?.rawValue],
        in: .named("transactions")
    ) { (each) throws(Failure) in
        try store.eachCreditTransaction(of: provider, filter) { (entry) throws(Failure) in
            try each(TransactionRow(provider: provider, entry: entry))
        }
    }
}

/// Adds an entry to the ledger by hand: 201. The alerts about the balance follow in the same transaction.
@Sendable
func addCredits(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let provider = try request.provider()
    let body = try AddCreditsBody(request)
    let addition = CreditAddition(
        type: body.type, amount: body.amount, description: body.description, metadata: body.metadata,
        createdBy: try request.authenticated().subject)
    return try services.change(request, "credits.add") { (transaction, entry) throws(Failure) in
        let made = try transaction.addCredits(addition, to: provider, at: request.receivedAt)
        try transaction.reviewAlerts(of: provider, at: request.receivedAt)
        entry.describe(made, provider)
        return .data(status: 201) {
            $0.field("transactionId", made.wireID)
            $0.field("provider", provider.text)
            $0.field("amount", number: made.amount.text)
            $0.field("balanceBefore", number: made.balanceBefore.text)
            $0.field("balanceAfter", number: made.balanceAfter.text)
            $0.field("createdAt", made.createdAt.iso(.seconds))
        }
    }
}

extension AuditEntry {
    fileprivate mutating func describe(_ made: CreditEntry, _ slug: ProviderSlug) {
        subject = made.wireID
        provider = slug.text
        details = JSONWriter.text {
            $0.field("type", made.type)
            $0.field("amount", number: made.amount.text)
            $0.field("description", made.description)
            $0.field("before", object: { $0.field("balance", number: made.balanceBefore.text) })
            $0.field("after", object: { $0.field("balance", number: made.balanceAfter.text) })
        }
    }
}
