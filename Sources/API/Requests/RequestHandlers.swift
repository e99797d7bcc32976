import Domain
import HTTP
import JSON
import Store

/// Calls to a provider, the newest first.
@Sendable
func listRequests(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let slug = try request.provider()
    let list = Cursor.list("requests", of: slug)
    let page = try request.page(of: list)
    let format = try request.export()
    let status = try request.queryChoice("status", RequestStatus.self)
    let period = try services.period(request)
    let filter = RequestFilter(
        status: status, model: try request.queryText("model"), userID: try request.queryText("userId"),
        span: period.span)
    guard let format else {
        return .list("requests", try services.store.requests(of: slug, filter, page), page, cursored: list)
    }
    // Before the head has left: an unknown provider has no file.
    _ = try services.store.provider(slug)
    return try services.export(
        format, of: RequestRecord.self,
        file: [slug.text, "requests", status?.rawValue, filter.model, filter.userID, period.fileName],
        in: .named("requests")
    ) { (each) throws(Failure) in
        try services.store.eachRequest(of: slug, filter, each)
    }
}

@Sendable
func showRequest(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let detail = try services.store.request(request.requestName(), of: try request.provider())
    return .data { detail.members(&$0) }
}

extension Request {
    /// The request in the path, by the name that its caller knows.
    func requestName() -> String { parameters["requestId"] ?? "" }
}
