import Domain
import JSON

/// Every sentence about a provider's failure, and the only place that makes one. Nothing that the provider wrote is
/// in them.
extension UpstreamFailure {
    static func of(_ kind: Kind, _ provider: String, status: Int? = nil, retryAfter: Int? = nil) -> Self {
        UpstreamFailure(kind, sentence(kind, provider), status: status, retryAfter: retryAfter)
    }

    static func of(_ problem: AnswerProblem, _ provider: String, status: Int) -> Self {
        switch problem {
        case .unexpectedShape: of(.malformed, provider, status: status)
        case .refusedCredential: of(.invalidCredential, provider, status: status)
        case .unknownJob: unknownJob(provider, status: status)
        case .blockedPrompt:
            UpstreamFailure(.badRequest, "\(provider) blocked the prompt by its content rules", status: status)
        }
    }

    /// The body knows better than the status, but an outage can never make a credential look bad.
    static func of(
        _ answer: ProviderAnswer, _ error: VendorError, _ provider: String, refusing parameter: ChatParameter? = nil
    ) -> Self {
        if 300..<400 ~= answer.status {
            return UpstreamFailure(.malformed, "\(provider) answered with a redirect", status: answer.status)
        }
        if error.isModeration { return of(.blockedPrompt, provider, status: answer.status) }
        let byStatus = kind(answer)
        var kind = answer.status >= 500 && error.kind == .invalidCredential ? byStatus : error.kind ?? byStatus
        // Every vendor refuses a key in JSON; a page comes from a proxy, which knows nothing of keys.
        if kind == .invalidCredential, answer.json == nil { kind = .malformed }
        if kind == .badRequest, let parameter {
            return UpstreamFailure(
                kind, "\(provider) does not accept \(parameter.rawValue) for this model", status: answer.status)
        }
        let waits = [.rateLimited, .overloaded].contains(kind) && !error.waitingIsUseless
        return of(
            kind, provider, status: answer.status, retryAfter: waits ? answer.retryAfter ?? error.retryAfter : nil)
    }

    /// A generation that the provider has never heard of, or has forgotten.
    static func unknownJob(_ provider: String, status: Int?) -> Self {
        UpstreamFailure(.gone, "\(provider) does not know this job", status: status)
    }

    /// A generation that the provider took and did not finish.
    static func ofJob(_ kind: Kind, _ provider: String) -> Self {
        switch kind {
        case .badRequest: UpstreamFailure(kind, "\(provider) found the job's input unusable")
        case .timedOut: UpstreamFailure(kind, "\(provider) did not finish the job in time")
        default: UpstreamFailure(kind, "\(provider) failed to run the job")
        }
    }

    /// The status alone. 4xx that mean our request only do so when JSON came with them: otherwise something else
    /// than the provider's API answered, a proxy or a web server at a wrong address.
    private static func kind(_ answer: ProviderAnswer) -> Kind {
        switch answer.status {
        case 401, 498: .invalidCredential
        case 402: .outOfMoney
        case 403: .forbidden
        case 404, 410: answer.json?.object == nil ? .malformed : .gone
        case 408, 499: .timedOut
        case 413: .badRequest
        case 429: .rateLimited
        case 501: .badRequest
        case 400..<500: answer.json == nil ? .malformed : .badRequest
        case 500..<600: .overloaded
        default: .malformed
        }
    }

    private static func sentence(_ kind: Kind, _ provider: String) -> String {
        switch kind {
        case .invalidCredential: "\(provider) refused the API key"
        case .forbidden: "\(provider) does not allow this with these credentials"
        case .outOfMoney: "\(provider) is out of credit for this key"
        case .rateLimited: "\(provider) limits the rate of requests for this key"
        case .overloaded: "\(provider) is overloaded or has a failure of its own"
        case .badRequest: "\(provider) refused the request as invalid"
        case .gone: "\(provider) does not know this model"
        case .unreachable: "\(provider) could not be reached"
        case .timedOut: "\(provider) did not answer in time"
        case .malformed: "\(provider) answered with something that is not its API's format"
        case .addressRefused: "\(provider) is at an address that this installation does not allow"
        }
    }
}
