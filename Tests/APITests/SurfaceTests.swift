import Domain
import HTTP
import JSON
import XCTest

@testable import API

final class SurfaceTests: XCTestCase {
    // MARK: - Which surface

    func testAPathBelongsToTheSurfaceOfItsPrefix() {
        for path in [
            "/api/v1/ai", "/api/v1/ai/", "/api/v1/ai/providers", "/api/v1/ai/providers/x/test", "/api/v1/ai/anything",
            "/api/v1/ai//", "/api/v1/ai/%zz",
        ] {
            XCTAssertEqual(Surface.of(path).name, "AI providers", path)
        }
        for path in [
            "", "/", "/healthz", "/readyz", "/readyz/x", "/healthzz", "/api/v1/ais", "/api/v1/AI", "/api/v1",
            "//api/v1/ai",
            "/x/api/v1/ai", "/api/v1/ai%2Fproviders", "api/v1/ai", "/api/v1/ai?x", "/%61pi/v1/ai",
        ] {
            XCTAssertEqual(Surface.of(path).name, "probes", path)
        }
    }

    func testEveryRouteBelongsToItsOwnSurface() {
        for surface in Surface.all {
            XCTAssertFalse(surface.routes.isEmpty)
            for route in surface.routes { XCTAssertEqual(Surface.of(route.pattern.text).name, surface.name) }
        }
        XCTAssertEqual(Set(Surface.all.map(\.name)).count, Surface.all.count)
    }

    func testOnlyTheProbesAreOpen() {
        let open = Surface.all.flatMap(\.routes).filter { if case .open = $0.access { true } else { false } }
        XCTAssertEqual(open.map(\.pattern.text), ["/healthz", "/readyz"])
    }

    // MARK: - The error form of contract 1

    private struct Form {
        let failure: Failure
        let status: Int
        let message: String
        var headers: [String: String] = [:]
    }

    private let forms: [Form] = [
        Form(failure: .invalid("a.b", "is required"), status: 400, message: "a.b is required"),
        Form(
            failure: .invalid([FieldProblem("a", "is x"), FieldProblem("b", "is y")]), status: 400,
            message: "a is x; b is y"),
        Form(failure: .invalid([]), status: 400, message: "The request is invalid"),
        Form(
            failure: .unauthenticated, status: 401, message: "Authentication required",
            headers: ["WWW-Authenticate": "Bearer realm=\"providerd\""]),
        Form(failure: .forbidden, status: 403, message: "Insufficient permissions"),
        Form(failure: .notFound("AI provider"), status: 404, message: "AI provider not found"),
        Form(
            failure: .methodNotAllowed(allowed: ["GET", "HEAD"]), status: 405, message: "Method not allowed",
            headers: ["Allow": "GET, HEAD"]),
        Form(failure: .conflict("Taken \"over\"\n"), status: 409, message: "Taken \"over\"\n"),
        Form(failure: .inactive("AI provider"), status: 400, message: "AI provider is inactive"),
        Form(failure: .preconditionFailed, status: 412, message: "The resource has changed since it was read"),
        Form(failure: .tooLarge(limit: 9), status: 413, message: "The request body is larger than 9 bytes"),
        Form(failure: .unsupportedMediaType, status: 415, message: "The request body must be application/json"),
        Form(
            failure: .idempotencyMismatch, status: 422, message: "The Idempotency-Key was used for another request"),
        Form(failure: .running("Already running", id: "x"), status: 409, message: "Already running"),
        Form(
            failure: .rateLimited(message: "Slow down", retryAfter: 7), status: 429, message: "Slow down",
            headers: ["Retry-After": "7"]),
        Form(
            failure: .rateLimited(message: "Slow down", retryAfter: nil), status: 429, message: "Slow down",
            headers: ["Retry-After": "60"]),
        Form(failure: .upstream(UpstreamFailure(.overloaded, "Busy", status: 529)), status: 400, message: "Busy"),
        Form(
            failure: .unavailable(retryAfter: 2), status: 503, message: "The service is temporarily unavailable",
            headers: ["Retry-After": "2"]),
        Form(failure: .defect("SQLSTATE 42601 secret"), status: 500, message: "An internal error occurred"),
    ]

    /// Does not compile when a case is missing here, and then one is missing above.
    private func name(_ failure: Failure) -> String {
        switch failure {
        case .invalid: "invalid"
        case .unauthenticated: "unauthenticated"
        case .forbidden: "forbidden"
        case .notFound: "notFound"
        case .methodNotAllowed: "methodNotAllowed"
        case .conflict: "conflict"
        case .running: "running"
        case .inactive: "inactive"
        case .preconditionFailed: "preconditionFailed"
        case .tooLarge: "tooLarge"
        case .unsupportedMediaType: "unsupportedMediaType"
        case .idempotencyMismatch: "idempotencyMismatch"
        case .rateLimited: "rateLimited"
        case .upstream: "upstream"
        case .unavailable: "unavailable"
        case .defect: "defect"
        }
    }

    func testEveryFailureHasItsStatusItsMessageAndItsHeaders() throws {
        XCTAssertEqual(Set(forms.map { name($0.failure) }).count, 16)
        for form in forms {
            let response = renderSuccessFalse(form.failure, nil)
            XCTAssertEqual(response.status, form.status, "\(form.failure)")
            XCTAssertEqual(
                try JSONParser.parse(response.body),
                .object(
                    JSONObject([
                        .init(name: "success", value: .bool(false)),
                        .init(name: "message", value: .string(form.message)),
                    ])), "\(form.failure)")
            let headers = Dictionary(uniqueKeysWithValues: response.headers)
            XCTAssertEqual(
                headers, form.headers.merging(["Content-Type": "application/json"]) { $1 }, "\(form.failure)")
        }
    }

    func testWhateverAProviderDoesWrongIsABadRequestAndItsRateLimitIsOne() {
        for kind in [
            UpstreamFailure.Kind.invalidCredential, .forbidden, .outOfMoney, .overloaded, .badRequest, .gone,
            .unreachable, .timedOut, .malformed, .addressRefused,
        ] {
            let response = renderSuccessFalse(.upstream(UpstreamFailure(kind, "m", status: 500, retryAfter: 3)), nil)
            XCTAssertEqual(response.status, 400, "\(kind)")
            XCTAssertNil(response.header("Retry-After"), "\(kind)")
        }
        for (wait, text) in [(3, "3"), (nil, "60")] as [(Int?, String)] {
            let response = renderSuccessFalse(
                .upstream(UpstreamFailure(.rateLimited, "m", status: 429, retryAfter: wait)), nil)
            XCTAssertEqual(response.status, 429)
            XCTAssertEqual(response.header("Retry-After"), text)
        }
    }

    func testDetailIsAddedAsAMemberOfItsOwn() {
        XCTAssertEqual(
            String(decoding: renderSuccessFalse(.defect("x"), "defect: \"x\"").body, as: UTF8.self),
            "{\"success\":false,\"message\":\"An internal error occurred\",\"error\":\"defect: \\\"x\\\"\"}")
    }
}
