import Domain
import HTTP
import JSON
import Store

/// `POST …/providers/:provider/alerts`
struct AddAlertBody {
    let severity: AlertSeverity
    let message: String

    init(_ request: Request) throws(Failure) {
        var fields = try request.fields()
        let text = try fields.required("severity", fields.string("severity"))
        let type = try fields.string("type")
        message = try fields.required("message", fields.string("message", length: 1...1_000))
        try fields.finish()
        guard let severity = AlertSeverity(rawValue: text) else {
            throw .invalid(
                "severity", "must be one of " + AlertSeverity.allCases.map(\.rawValue).joined(separator: ", "))
        }
        guard type == nil || type == AlertType.custom.rawValue else {
            throw .invalid("type", "must be custom: the system raises the others")
        }
        self.severity = severity
    }
}

/// `POST …/providers/:provider/alerts/:alertId/resolve`
struct ResolveAlertBody {
    let note: String?

    init(_ request: Request) throws(Failure) {
        var fields = try request.fields(orEmpty: true)
        note = try fields.string("resolutionNote", length: 1...1_000)
        try fields.finish()
    }
}

extension AlertRecord {
    /// `alert_<number>`
    var wireID: String { "alert_\(id)" }

    /// The number in `alert_<number>`, written as we write it; nil for anything else.
    static func number(_ text: String) -> Int? {
        guard text.hasPrefix("alert_"), let number = Int(text.dropFirst(6)), number >= 1, "alert_\(number)" == text
        else { return nil }
        return number
    }
}

/// An alert with the provider that it belongs to.
struct AlertRow: ListRow {
    let provider: ProviderSlug
    let alert: AlertRecord

    static let columns = ["id", "provider", "severity", "type", "message", "createdAt", "resolved"]

    /// The contract's members of an alert.
    func members(_ json: inout JSONWriter) {
        json.field("id", alert.wireID)
        json.field("provider", provider.text)
        json.field("severity", alert.severity)
        json.field("type", alert.type)
        json.field("message", alert.message)
        json.field("createdAt", alert.createdAt.iso(.seconds))
        json.field("resolved", alert.resolvedAt != nil)
    }

    func write(to json: inout JSONWriter) { json.object { members(&$0) } }

    func write(to csv: inout CSVWriter) {
        csv.text(alert.wireID)
        csv.text(provider.text)
        csv.text(alert.severity)
        csv.text(alert.type)
        csv.text(alert.message)
        csv.text(alert.createdAt.iso(.seconds))
        csv.bool(alert.resolvedAt != nil)
    }
}
