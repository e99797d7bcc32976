import Domain
import HTTP
import JSON
import Store

/// Who did what, newest first; every administrative action of every contract is in it.
@Sendable
func listAudit(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let page = try request.page(of: "audit")
    let period = try services.period(request)
    var filter = AuditFilter()
    // As long as the subject of a token may be.
    filter.actor = try request.queryText("actor", length: 1...255)
    filter.action = try request.queryText("action")
    filter.provider = try request.queryProvider()
    filter.outcome = try request.queryChoice("outcome")
    filter.span = period.span
    if let format = try request.export() {
        let (chosen, store) = (filter, services.store)
        return try services.export(
            format, of: AuditLine.self,
            file: [
                filter.provider, "audit", filter.actor, filter.action, filter.outcome?.rawValue, period.fileName,
            ], in: .named("entries")
        ) { (each) throws(Failure) in try store.eachAuditLine(chosen, each) }
    }
    return .list("entries", try services.store.audit(filter, page), page, cursored: "audit")
}

extension Request {
    /// A provider's name as a filter. One that the installation does not have finds nothing: the log also tells of
    /// providers that are gone.
    fileprivate func queryProvider() throws(Failure) -> String? {
        guard let text = query["provider"] else { return nil }
        do throws(Failure) {
            return try ProviderSlug(text).text
        } catch {
            throw .invalid("provider", "is not the name of a provider")
        }
    }
}

extension AuditLine: ListRow {
    static let columns = [
        "id", "timestamp", "actor", "action", "provider", "subject", "outcome", "owner", "remoteAddress", "requestId",
        "details",
    ]

    private var id: String { "audit_\(sequence)" }

    func write(to csv: inout CSVWriter) {
        csv.text(id)
        csv.text(at.iso(.seconds))
        csv.text(entry.actor)
        csv.text(entry.action)
        csv.text(entry.provider)
        csv.text(entry.subject)
        csv.text(entry.outcome.rawValue)
        csv.text(entry.owner)
        csv.text(entry.remoteAddress)
        csv.text(entry.requestID)
        csv.text(entry.details)
    }

    package func write(to json: inout JSONWriter) {
        json.object {
            $0.field("id", id)
            $0.field("timestamp", at.iso(.seconds))
            $0.field("actor", entry.actor)
            $0.field("action", entry.action)
            $0.field("provider", entry.provider)
            $0.field("subject", entry.subject)
            $0.field("outcome", entry.outcome.rawValue)
            $0.field("owner", entry.owner)
            $0.field("remoteAddress", entry.remoteAddress)
            $0.field("requestId", entry.requestID)
            $0.key("details")
            $0.raw(entry.details)
        }
    }
}
