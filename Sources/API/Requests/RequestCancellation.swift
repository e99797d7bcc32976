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
    let stopped = try services.stop(detail, slug, request)
    let progress = RequestProgress(ending: stopped?.ending)
    return try services.change(request, "request.cancel") { (transaction, entry) throws(Failure) in
        if let stopped { try transaction.settle(stopped, of: slug) }
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
    /// there, the installation no key, the provider no jobs. `.inactive` for a provider that may not be called.
    fileprivate func stop(
        _ detail: RequestDetail, _ slug: ProviderSlug, _ request: Request
    ) throws(Failure) -> StoppedJob? {
        guard let id = detail.providerRequestID, let credential = try store.installationCredential(of: slug) else {
            return nil
        }
        let credentials = try Credentials(serialized: credential.secret)
        let provider = try store.provider(slug)
        guard provider.enabled else { throw .inactive("The provider \(provider.displayName)") }
        do throws(Failure) {
            let ending = try upstream { (client) throws(Failure) in
                try client.cancel(
                    model: detail.vendorModel, providerRequestID: id, credentials, slug: provider.slug,
                    endpoint: provider.endpointURL, authType: provider.authType,
                    timeoutMilliseconds: provider.timeoutMilliseconds)
            }
            return ending.map { StoppedJob(ending: $0, credential: credential) }
        } catch {
            try recordFailure(error, of: request, "request.cancel") { (transaction, entry) throws(Failure) in
                if case .upstream(let failure) = error {
                    let finding = HealthFinding(failure, of: provider.displayName, after: 0, reason: .manual)
                    try transaction.settle(
                        credential.id, version: credential.version, of: slug, after: finding, at: .now())
                }
                entry.subject = detail.record.name
                entry.provider = slug.text
            }
            throw error
        }
    }
}

/// What became of a job, and with which key the provider was asked.
private struct StoppedJob {
    let ending: JobEnding
    let credential: InstallationCredential
}

extension Transaction {
    /// The key worked, unless the provider has no call for it, so that nobody was asked.
    fileprivate func settle(_ job: StoppedJob, of slug: ProviderSlug) throws(Failure) {
        guard job.ending != .stopped(.notSupported) else { return }
        try settle(
            job.credential.id, version: job.credential.version, of: slug,
            after: HealthFinding(nil, of: slug.text, after: 0, reason: .manual), at: .now())
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
        JSONWriter.text { $0.field("code", code) }
    }
}
