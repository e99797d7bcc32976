/// One thing that is wrong with one field of a request.
package struct FieldProblem: Equatable, Sendable {
    /// The path as the caller wrote it, such as `modelConfig.temperature`.
    package let field: String
    /// A sentence part that follows the field's name, such as `must be between 0 and 2`.
    package let reason: String

    package init(_ field: String, _ reason: String) {
        self.field = field
        self.reason = reason
    }
}

/// The only error that crosses the borders of the product's targets.
///
/// A case carries what the caller may read and nothing else; `defect` carries what only the log may read.
package enum Failure: Error, Equatable, Sendable {
    /// The request is wrong: nothing was changed.
    case invalid([FieldProblem])
    /// No token, or one that does not verify; every reason looks alike to the caller.
    case unauthenticated
    case forbidden
    /// What was looked for, as a noun: `AI provider`. Also for what belongs to another owner.
    case notFound(String)
    case methodNotAllowed(allowed: [String])
    case conflict(String)
    /// The same thing is being done already: the message, and the ID of what does it.
    case running(String, id: String)
    /// What the request needs is switched off; the noun says what.
    case inactive(String)
    /// `If-Match` names another version than the current one.
    case preconditionFailed
    case tooLarge(limit: Int)
    case unsupportedMediaType
    /// An `Idempotency-Key` that was used for another request.
    case idempotencyMismatch
    /// Our own limit, or the provider's; seconds to wait where known.
    case rateLimited(message: String, retryAfter: Int?)
    /// A provider refused or failed. The message is ours, never the provider's text.
    case upstream(UpstreamFailure)
    /// The database or another part of ourselves is away for now.
    case unavailable(retryAfter: Int)
    /// A bug or a broken installation: logged with the request's ID, answered without detail.
    case defect(String)

    /// One problem of one field.
    package static func invalid(_ field: String, _ reason: String) -> Failure {
        .invalid([FieldProblem(field, reason)])
    }
}

/// What a provider did wrong, in our words.
package struct UpstreamFailure: Equatable, Sendable {
    /// What went wrong, with the name that stands in the accounts of calls.
    package enum Kind: String, Sendable {
        case invalidCredential = "invalid_credential"
        case forbidden
        case outOfMoney = "out_of_money"
        case rateLimited = "rate_limited"
        case overloaded
        case badRequest = "bad_request"
        case gone
        case unreachable
        case timedOut = "timed_out"
        case malformed
        case addressRefused = "address_refused"
    }

    package let kind: Kind
    /// For the caller, without anything the provider wrote.
    package let message: String
    /// The provider's HTTP status where it answered.
    package let status: Int?
    package let retryAfter: Int?

    package init(_ kind: Kind, _ message: String, status: Int? = nil, retryAfter: Int? = nil) {
        self.kind = kind
        self.message = message
        self.status = status
        self.retryAfter = retryAfter
    }
}
