import Domain
import JSON

/// Takes a body piece by piece. Used by one thread.
package final class BodyWriter {
    private let send: ([UInt8]) throws(Failure) -> Void
    /// How much was sent.
    package private(set) var octets = 0

    /// `send` throws when the client has left.
    package init(_ send: @escaping ([UInt8]) throws(Failure) -> Void) { self.send = send }

    /// Returns when the piece has left. A failure means that there is nobody to write to any more.
    package func write(_ piece: [UInt8]) throws(Failure) {
        guard !piece.isEmpty else { return }
        try send(piece)
        octets += piece.count
    }
}

/// Sends a body.
package typealias BodyStream = (_ writer: BodyWriter) throws(Failure) -> Void

/// A whole answer.
package struct Response {
    package var status: Int
    package var headers: [(String, String)]
    package var body: [UInt8]
    /// Sends the body instead of `body`, once the head has left; what fails then can only cut the answer off.
    package var stream: BodyStream?

    package init(status: Int, headers: [(String, String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    package static func json(_ body: [UInt8], status: Int = 200, etag: String? = nil) -> Response {
        var headers = [("Content-Type", "application/json")]
        if let etag { headers.append(("ETag", etag)) }
        return Response(status: status, headers: headers, body: body)
    }

    package func header(_ name: String) -> String? { headers.first { $0.0 == name }?.1 }
}

extension Failure {
    /// The HTTP status, where the surface does not say otherwise.
    package var status: Int {
        switch self {
        case .invalid: 400
        case .unauthenticated: 401
        case .forbidden: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .conflict, .running, .inactive: 409
        case .preconditionFailed: 412
        case .tooLarge: 413
        case .unsupportedMediaType: 415
        case .idempotencyMismatch: 422
        case .rateLimited: 429
        case .upstream(let failure): failure.kind == .rateLimited ? 429 : 502
        case .unavailable: 503
        case .defect: 500
        }
    }

    /// The headers that belong to the status.
    package var headers: [(String, String)] {
        switch self {
        case .unauthenticated: [("WWW-Authenticate", "Bearer realm=\"providerd\"")]
        case .methodNotAllowed(let allowed): [("Allow", allowed.joined(separator: ", "))]
        case .rateLimited(_, let wait): [("Retry-After", String(wait ?? 60))]
        case .upstream(let failure) where failure.kind == .rateLimited:
            [("Retry-After", String(failure.retryAfter ?? 60))]
        case .unavailable(let wait): [("Retry-After", String(wait))]
        default: []
        }
    }

    /// A sentence for the caller.
    package var message: String {
        switch self {
        case .invalid(let problems):
            problems.isEmpty
                ? "The request is invalid" : problems.map { "\($0.field) \($0.reason)" }.joined(separator: "; ")
        case .unauthenticated: "Authentication required"
        case .forbidden: "Insufficient permissions"
        case .notFound(let noun): "\(noun) not found"
        case .methodNotAllowed: "Method not allowed"
        case .conflict(let message): message
        case .running(let message, _): message
        case .inactive(let noun): "\(noun) is inactive"
        case .preconditionFailed: "The resource has changed since it was read"
        case .tooLarge(let limit): "The request body is larger than \(limit) bytes"
        case .unsupportedMediaType: "The request body must be application/json"
        case .idempotencyMismatch: "The Idempotency-Key was used for another request"
        case .rateLimited(let message, _): message
        case .upstream(let failure): failure.message
        case .unavailable: "The service is temporarily unavailable"
        case .defect: "An internal error occurred"
        }
    }
}
