import Domain
import HTTP
import JSON
import Store

@Sendable
func listAlerts(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let provider = try request.provider()
    let filter = AlertFilter(
        severity: try request.queryChoice("severity"), type: try request.queryChoice("type"),
        resolved: try request.queryBool("resolved") ?? false)
    let list = Cursor.list("alerts", of: provider)
    let page = try request.page(of: list)
    let format = try request.export()
    let store = services.store
    guard let format else {
        let slice = try store.alerts(of: provider, filter, page)
        let rows = slice.rows.map { AlertRow(provider: provider, alert: $0) }
        // The contract's members only, and the cursor where there is another page.
        return .data {
            $0.field("alerts", array: rows)
            $0.field("total", slice.total)
            $0.fieldIfPresent("cursor", slice.next.map { Cursor.text($0, of: list) })
        }
    }
    _ = try store.provider(provider)
    let state = filter.resolved ? "resolved" : "open"
    return try services.export(
        format, of: AlertRow.self,
        file: [provider.text, "alerts", state, filter.severity?.rawValue, filter.type?.rawValue], in: .named("alerts")
    ) { (each) throws(Failure) in
        try store.eachAlert(of: provider, filter) { (alert) throws(Failure) in
            try each(AlertRow(provider: provider, alert: alert))
        }
    }
}

/// Makes a custom alert: 201 with the alert as the list shows it.
@Sendable
func addAlert(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let provider = try request.provider()
    let body = try AddAlertBody(request)
    let subject = try request.authenticated().subject
    return try services.change(request, "alert.add") { (transaction, entry) throws(Failure) in
        let alert = try transaction.addAlert(
            body.severity, body.message, for: provider, by: subject, at: request.receivedAt)
        entry.subject = alert.wireID
        entry.provider = provider.text
        entry.details = JSONWriter.text {
            $0.key("before")
            $0.null()
            $0.field(
                "after",
                object: {
                    $0.field("severity", alert.severity)
                    $0.field("message", alert.message)
                    $0.field("resolved", false)
                })
        }
        return .data(status: 201) { AlertRow(provider: provider, alert: alert).members(&$0) }
    }
}

@Sendable
func resolveAlert(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let provider = try request.provider()
    guard let id = request.parameters["alertId"].flatMap(AlertRecord.number) else { throw .notFound("Alert") }
    let body = try ResolveAlertBody(request)
    let subject = try request.authenticated().subject
    return try services.change(request, "alert.resolve") { (transaction, entry) throws(Failure) in
        let alert = try transaction.resolveAlert(
            id, of: provider, note: body.note, by: subject, at: request.receivedAt)
        entry.subject = alert.wireID
        entry.provider = provider.text
        entry.details = JSONWriter.text {
            $0.field("type", alert.type)
            $0.field("message", alert.message)
            $0.field("before", object: { $0.field("resolved", false) })
            $0.field(
                "after",
                object: {
                    $0.field("resolved", true)
                    $0.field("resolutionNote", body.note)
                })
        }
        return .data {
            $0.field("id", alert.wireID)
            $0.field("resolved", true)
            $0.field("resolvedAt", alert.resolvedAt?.iso(.seconds))
            $0.field("resolvedBy", subject)
        }
    }
}
