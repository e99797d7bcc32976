import Domain
import HTTP
import JSON

/// Contract 2's error form. `details` names each field with what is wrong with it; the contract's other errors have none,
/// in development mode either: what happened is in the log, under the request's ID.
@Sendable
func renderErrorCode(_ failure: Failure, _ detail: String?) -> Response {
    let body = JSONWriter.object {
        $0.field("error") {
            $0.field("code", failure.code)
            if case .invalid(let problems) = failure {
                $0.field("message", "Invalid request parameters")
                $0.field("details", problems)
            } else {
                $0.field("message", failure.contractMessage)
            }
        }
    }
    var response = Response.json(body, status: failure.status)
    response.headers += failure.headers
    return response
}

extension JSONWriter {
    /// The first problem of each field, under its name.
    fileprivate mutating func field(_ name: StaticString, _ problems: [FieldProblem]) {
        var seen: Set<String> = []
        field(name) {
            for problem in problems where seen.insert(problem.field).inserted {
                $0.key(escaping: problem.field)
                $0.string(problem.reason)
            }
        }
    }
}

extension Failure {
    /// The contract has one sentence for whatever is not there.
    fileprivate var contractMessage: String {
        if case .notFound = self { "Resource not found" } else { message }
    }

    fileprivate var code: String {
        switch self {
        case .invalid: "INVALID_REQUEST"
        case .unauthenticated: "UNAUTHORIZED"
        case .forbidden: "FORBIDDEN"
        case .notFound: "NOT_FOUND"
        case .methodNotAllowed: "METHOD_NOT_ALLOWED"
        case .conflict, .running, .inactive: "CONFLICT"
        case .preconditionFailed: "PRECONDITION_FAILED"
        case .tooLarge: "PAYLOAD_TOO_LARGE"
        case .unsupportedMediaType: "UNSUPPORTED_MEDIA_TYPE"
        case .idempotencyMismatch: "IDEMPOTENCY_MISMATCH"
        case .rateLimited: "RATE_LIMITED"
        case .upstream(let upstream): upstream.kind == .rateLimited ? "RATE_LIMITED" : "PROVIDER_ERROR"
        case .unavailable: "UNAVAILABLE"
        case .defect: "INTERNAL_ERROR"
        }
    }
}
