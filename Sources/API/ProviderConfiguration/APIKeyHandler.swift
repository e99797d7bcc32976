import Domain
import HTTP
import JSON
import Providers
import Store

/// Puts a key in the place of the installation's former one. With `testConnection`, which is the default, only after
/// the provider has accepted it: a refused key, and one that could not be tested, change nothing.
@Sendable
func replaceAPIKey(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let slug = try request.provider()
    let provider = try services.store.provider(slug)
    let body = try APIKeyBody(request, for: slug)
    var finding: HealthFinding?
    if body.testConnection { finding = try services.accepted(body.credentials, by: provider, request) }
    let now = Timestamp.now()
    return try services.change(request, "api_key.replace") { (transaction, entry) throws(Failure) in
        let former = try transaction.replaceInstallationCredential(
            of: slug, with: NewCredential(body.credentials), proved: finding != nil, expiresAt: body.expiresAt,
            at: now)
        if let finding { try transaction.recordHealth(of: slug, finding, at: now) }
        try transaction.reviewAlerts(of: slug, at: now)
        entry.subject = slug.text
        entry.provider = slug.text
        entry.describe(body, after: former, finding)
        return .data {
            $0.field("success", true)
            $0.field("message", finding == nil ? untested : tested)
            $0.testResult(finding)
        }
    }
}

private let tested = "API key updated and tested successfully"
private let untested = "API key updated successfully"

extension Services {
    /// Asks the provider about a key that is not stored yet; throws unless it accepts it.
    fileprivate func accepted(
        _ credentials: Credentials, by provider: ProviderRecord, _ request: Request
    ) throws(Failure) -> HealthFinding {
        guard provider.enabled else {
            throw .conflict(
                "The provider \(provider.displayName) is inactive: enable it, or set testConnection to false")
        }
        let (failure, milliseconds) = try upstream { (client) throws(Failure) in
            try HealthProbe.attempt(client, provider, credentials)
        }
        if let failure {
            try recordFailure(.upstream(failure), of: request, "api_key.replace") { (_, entry) throws(Failure) in
                entry.subject = provider.slug
                entry.provider = provider.slug
            }
            guard failure.kind == .invalidCredential else { throw .upstream(failure) }
            throw .invalid("apiKey", "was refused by \(provider.displayName)")
        }
        return HealthFinding(nil, of: provider.displayName, after: milliseconds, reason: .key)
    }
}

extension JSONWriter {
    fileprivate mutating func testResult(_ finding: HealthFinding?) {
        guard let finding else {
            key("testResult")
            return null()
        }
        field(
            "testResult",
            object: {
                $0.field("status", finding.status.rawValue)
                $0.field("responseTime", finding.responseMilliseconds)
            })
    }
}

extension AuditEntry {
    /// Which key went and which came, by what does not tell them.
    fileprivate mutating func describe(
        _ body: APIKeyBody, after former: ReplacedCredential?, _ finding: HealthFinding?
    ) {
        details = JSONWriter.text {
            $0.key("before")
            if let former {
                $0.object {
                    $0.field("hint", former.hint)
                    $0.field("state", former.state)
                    $0.field("expiresAt", former.expiresAt?.iso(.seconds))
                }
            } else {
                $0.null()
            }
            $0.field(
                "after",
                object: {
                    $0.field("hint", body.credentials.hint)
                    $0.field("state", finding == nil ? "untested" : "valid")
                    $0.field("expiresAt", body.expiresAt?.iso(.seconds))
                })
        }
    }
}
