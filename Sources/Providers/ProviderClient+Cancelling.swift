import Domain
import Foundation
import Outbound

extension ProviderClient {
    /// What became of the job of a call that is known by the provider's own ID; nil when the provider has no jobs, or
    /// none with such an ID. `model` is the provider's own name of it.
    ///
    /// A job that may come to its end all the same is looked at once more: for a second and a half where the wish was
    /// passed on, once where the provider takes none.
    package func cancel(
        model: String, providerRequestID: String, _ credentials: Credentials, slug: String, endpoint: String,
        authType: AuthType, timeoutMilliseconds: Int
    ) throws(Failure) -> JobEnding? {
        guard let adapter = Adapters.media(slug) else { return nil }
        let job: GenerationJob
        do throws(Failure) {
            job = try adapter.job(model: model, providerRequestID: providerRequestID)
        } catch .invalid {
            return nil
        }
        let provider = try Self.endpoint(endpoint, authType, timeoutMilliseconds)
        let outcome = try adapter.cancel(job, credentials, at: provider, with: client)
        switch outcome {
        case .cancelled, .notFound:
            return .stopped(outcome)
        case .alreadyFinished:
            return .finished(try adapter.poll(job, credentials, at: provider, with: client))
        case .requested, .notSupported:
            for pause in outcome == .requested ? Self.pauses : [0] {
                usleep(pause)
                let status: GenerationStatus
                do throws(Failure) {
                    status = try adapter.poll(job, credentials, at: provider, with: client)
                } catch .upstream(let failure) where failure.kind == .gone {
                    return .stopped(.notFound)
                }
                if status.isFinal { return .finished(status) }
            }
            return .stopped(outcome)
        }
    }

    /// Microseconds before each look.
    private static let pauses: [UInt32] = [0, 500_000, 1_000_000]
}
