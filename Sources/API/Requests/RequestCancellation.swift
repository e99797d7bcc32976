import Domain
import HTTP
import JSON
import Providers
import Store

/// Cancels a call that has not ended: at the provider first, where it has a job there, and then in the accounts. When
/// the provider cannot be asked nothing changes. When it turns out to have finished before, it is accounted as finished,
/// with what it cost, and the answer is 409, as for every finished one. A job that its provider does not let anybody stop
/// costs its price all the same.
@Sendable
func cancelRequest(_ request: Request, _ services: Services) throws(Failure) -> Response {
    try request.fields(orEmpty: true).finish()
    let slug = try request.provider()
    let detail = try services.store.request(request.requestName(), of: slug)
    guard !detail.record.status.isFinished else {
        throw .conflict("The request is already \(detail.record.status.rawValue)")
    }
    let progress = RequestProgress(ending: try services.stop(detail, slug, request))
    return try services.change(request, "request.cancel") { (transaction, entry) throws(Failure) in
        let now = try transaction.advance(detail.record.id, progress, at: .now()).record
        entry.describe(detail.record, as: now)
        guard now.status == .cancelled else {
            return renderErrorCode(.conflict("The request is already \(now.status.rawValue)"), nil)
        }
        return .data {
            $0.field("id", now.name)
            $0.field("status", now.status.rawValue)
            $0.field("cancelledAt", now.completedAt?.iso(.seconds))
        }
    }
}

extension Services {
    /// Asks the provider to stop its job. Nil when there is none that it could be asked about: the call has no ID
    /// there, the installation no key, the provider no jobs.
    fileprivate func stop(
        _ detail: RequestDetail, _ slug: ProviderSlug, _ request: Request
    ) throws(Failure) -> JobEnding? {
        guard let id = detail.providerRequestID, let credential = try store.installationCredential(of: slug) else {
            return nil
        }
        let credentials = try Credentials(serialized: credential.secret)
        let provider = try store.provider(slug)
        do throws(Failure) {
            return try upstream { (client) throws(Failure) in
                try client.cancel(
                    model: detail.vendorModel, providerRequestID: id, credentials, slug: provider.slug,
                    endpoint: provider.endpointURL, timeoutMilliseconds: provider.timeoutMilliseconds)
            }
        } catch {
            try recordFailure(error, of: request, "request.cancel") { (_, entry) throws(Failure) in
                entry.subject = detail.record.name
                entry.provider = slug.text
            }
            throw error
        }
    }
}

extension RequestProgress {
    /// How a call ends whose job was to be stopped.
    fileprivate init(ending: JobEnding?) {
        switch ending {
        case .finished(.succeeded(let output, let cost)):
            self.init(
                status: .completed, cost: cost.flatMap(Self.charge), currency: cost?.currency,
                response: String(decoding: JSONWriter.text(of: output), as: UTF8.self))
        case .finished(.failed(let failure)):
            self.init(status: .failed, error: Self.error(failure.kind.rawValue))
        case .finished(.moderated):
            self.init(status: .failed, error: Self.error("moderated"))
        case .stopped(.notSupported):
            self.init(status: .cancelled, isCharged: true)
        case .finished, .stopped, nil:
            self.init(status: .cancelled)
        }
    }

    /// What the provider says that it charged; nil, which lets the price decide, for what cannot be.
    private static func charge(_ cost: ReportedMoney) -> ExactDecimal? {
        guard let charge = ExactDecimal(cost.amount.text), !charge.isNegative else { return nil }
        return charge
    }

    private static func error(_ code: String) -> String {
        String(decoding: JSONWriter.object { $0.field("code", code) }, as: UTF8.self)
    }
}
