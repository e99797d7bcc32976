import Domain
import HTTP
import JSON
import Store

/// Records calls that back ends made themselves, one or a batch. The same call again changes nothing: 201 when
/// something was recorded, 200 when all of it was there. The same ID with other content is 409, and then nothing of a
/// batch is recorded.
@Sendable
func recordRequests(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let slug = try request.provider()
    _ = try services.store.provider(slug)
    let body = try RecordingBody(request, of: slug)
    return try services.change(request, "request.record") { (transaction, entry) throws(Failure) in
        let recorded = try transaction.record(body.reports, of: slug, path: body.idPath)
        let known = recorded.count { $0.isKnown }
        entry.provider = slug.text
        if !body.isBatch { entry.subject = recorded.first?.externalID ?? "" }
        entry.details = JSONWriter.text {
            $0.field("recorded", recorded.count - known)
            $0.field("alreadyRecorded", known)
        }
        let status = known < recorded.count ? 201 : 200
        if !body.isBatch, let one = recorded.first, let report = body.reports.first {
            let detail = try transaction.detail(of: one, as: report, by: slug)
            return .data(status: status) { detail.members(&$0) }
        }
        return .data(status: status) {
            $0.field("recorded", recorded.count - known)
            $0.field("alreadyRecorded", known)
            $0.field("requests", array: recorded)
        }
    }
}

extension Transaction {
    /// A recorded call; one whose row retention has removed is as it was reported.
    fileprivate func detail(
        of recorded: RecordedRequest, as report: RequestReport, by slug: ProviderSlug
    ) throws(Failure) -> RequestDetail {
        do throws(Failure) {
            return try request(recorded.id)
        } catch .notFound where recorded.isKnown {
            let record = RequestRecord(
                id: recorded.id, externalID: report.externalID, provider: slug.text, model: report.model,
                status: recorded.status, userID: report.userID, createdAt: report.createdAt,
                completedAt: report.completedAt, responseTime: report.responseTime, cost: recorded.cost,
                metadata: report.payload.metadata)
            return RequestDetail(
                record: record, request: report.payload.request, response: report.payload.response,
                error: report.payload.error, providerRequestID: report.providerRequestID, vendorModel: report.model)
        }
    }
}

/// How a recorded call went on: from pending to processing, and from either to an end.
@Sendable
func updateRequest(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let slug = try request.provider()
    let before = try services.store.request(request.requestName(), of: slug).record
    let progress = try RequestProgressBody(request, createdAt: before.createdAt).progress
    return try services.change(request, "request.update") { (transaction, entry) throws(Failure) in
        let detail = try transaction.advance(before.id, progress, at: request.receivedAt)
        entry.describe(before, as: detail.record)
        return .data { detail.members(&$0) }
    }
}

extension AuditEntry {
    /// What a call was and what it is now.
    mutating func describe(_ before: RequestRecord, as after: RequestRecord) {
        subject = after.name
        provider = after.provider
        details = JSONWriter.text {
            $0.field("before") { $0.field("status", before.status.rawValue) }
            $0.field("after") {
                $0.field("status", after.status.rawValue)
                $0.field("cost", number: after.cost?.text)
            }
        }
    }
}

extension RecordedRequest: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.field("id", externalID)
            $0.field("status", status.rawValue)
            $0.field("cost", number: cost?.text)
        }
    }
}
