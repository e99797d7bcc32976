import Domain
import HTTP
import JSON
import Store

/// `POST …/providers/:provider/credits/add`
struct AddCreditsBody {
    let type: CreditType
    let amount: ExactDecimal
    let description: String
    /// The text of a JSON object.
    let metadata: String

    private static let metadataLimit = 8_192
    private static let amountLimit = 1_000_000_000_000_000

    init(_ request: Request) throws(Failure) {
        var fields = try request.fields()
        let amount = try fields.required(
            "amount", fields.decimal("amount", in: -Self.amountLimit...Self.amountLimit))
        let description = try fields.string("description", length: 1...500)
        let metadata = try fields.object("metadata")
        let type = try Self.type(fields.string("type"))
        try fields.finish()
        guard amount.text != "0" else { throw .invalid("amount", "must not be 0") }
        guard type == .adjustment || !amount.isNegative else {
            throw .invalid("amount", "must be positive: only an adjustment may be negative")
        }
        let text = metadata.map { JSONWriter.text(of: JSONValue.object($0)) } ?? Array("{}".utf8)
        guard text.count <= Self.metadataLimit else {
            throw .invalid("metadata", "must be at most \(Self.metadataLimit) bytes of JSON")
        }
        self.type = type
        self.amount = amount
        self.description = description ?? Self.descriptions[type] ?? "Manual adjustment"
        self.metadata = String(decoding: text, as: UTF8.self)
    }

    /// Consumption is what calls cost: nobody adds it by hand.
    private static func type(_ text: String?) throws(Failure) -> CreditType {
        guard let text else { return .adjustment }
        guard let type = CreditType(rawValue: text), type != .consumption else {
            throw .invalid("type", "must be one of purchase, refund, adjustment")
        }
        return type
    }

    private static let descriptions: [CreditType: String] = [
        .purchase: "Credits purchased", .refund: "Credits refunded",
    ]
}

extension BalanceRecord: ListRow {
    static var columns: [String] { ["provider", "currentBalance", "currency", "isLowBalance"] }

    package func write(to json: inout JSONWriter) {
        json.object {
            $0.field("provider", slug)
            $0.field("currentBalance", number: balance.text)
            $0.field("currency", currency)
            $0.field("isLowBalance", isLow)
        }
    }

    func write(to csv: inout CSVWriter) {
        csv.text(slug)
        csv.number(balance.text)
        csv.text(currency)
        csv.bool(isLow)
    }
}

extension BalanceForecast {
    /// The contract's members, and where the provider itself says what is left three more: its figure, when it said so,
    /// and by how much the own ledger says more.
    func write(to json: inout JSONWriter) {
        json.field("provider", balance.slug)
        json.field("currentBalance", number: balance.balance.text)
        json.field("currency", balance.currency)
        json.field("consumptionRate", number: consumptionRate?.text)
        json.field("estimatedDaysUntilDepletion", number: daysLeft?.text)
        json.field("lastUpdated", updatedAt?.iso(.seconds))
        json.field("lowBalanceThreshold", number: threshold.text)
        json.field("isLowBalance", balance.isLow)
        guard let reported else { return }
        json.field("providerBalance", number: reported.balance.text)
        json.field("providerBalanceCheckedAt", reported.checkedAt.iso(.seconds))
        json.field("drift", number: reported.drift.text)
    }
}

extension CreditEntry {
    /// `tx_<account>_<seq>`
    var wireID: String { "tx_\(account)_\(sequence)" }
}

/// An entry with the provider that it belongs to.
struct TransactionRow: ListRow {
    let provider: ProviderSlug
    let entry: CreditEntry

    /// What the contract shows inside `metadata` has columns of its own; the last one has all of it.
    static let columns = [
        "id", "provider", "type", "amount", "balanceBefore", "balanceAfter", "description", "createdAt",
        "metadata.requestId", "metadata.model", "metadata",
    ]

    func write(to json: inout JSONWriter) {
        json.object {
            $0.field("id", entry.wireID)
            $0.field("provider", provider.text)
            $0.field("type", entry.type)
            $0.field("amount", number: entry.amount.text)
            $0.field("balanceBefore", number: entry.balanceBefore.text)
            $0.field("balanceAfter", number: entry.balanceAfter.text)
            $0.field("description", entry.description)
            $0.field("createdAt", entry.createdAt.iso(.seconds))
            $0.key("metadata")
            $0.raw(entry.metadata)
        }
    }

    func write(to csv: inout CSVWriter) {
        let metadata = try? JSONParser.parse(Array(entry.metadata.utf8))
        csv.text(entry.wireID)
        csv.text(provider.text)
        csv.text(entry.type)
        csv.number(entry.amount.text)
        csv.number(entry.balanceBefore.text)
        csv.number(entry.balanceAfter.text)
        csv.text(entry.description)
        csv.text(entry.createdAt.iso(.seconds))
        csv.text(metadata?["requestId"]?.string)
        csv.text(metadata?["model"]?.string)
        csv.text(entry.metadata)
    }
}
