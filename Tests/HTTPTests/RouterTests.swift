import Domain
import HTTP
import XCTest

final class RouterTests: XCTestCase {
    private static func answer(_ name: String) -> Route<Int>.Handler {
        { (_, _) throws(Failure) in Response(status: 200, body: Array(name.utf8)) }
    }

    private let router = Router<Int>([
        .get("/providers/:provider", .owner(.aiRead), answer("one")),
        .get("/providers/balances", .admin(.aiRead), answer("balances")),
        .put("/providers/:provider", .owner(.aiManage), answer("change"), lane: .upstream),
        .get("/providers/:provider/models/:model", .owner(.aiRead), answer("model")),
        .get("/", .open, answer("root")),
    ])

    private func name(_ method: HTTP.Method, _ path: String) throws -> String {
        let match = try router.match(method, path)
        return match.route.pattern.text
    }

    func testALiteralSegmentIsAskedBeforeAParameter() throws {
        XCTAssertEqual(try name(.get, "/providers/balances"), "/providers/balances")
        XCTAssertEqual(try name(.get, "/providers/fal_ai"), "/providers/:provider")
    }

    func testAReservedWordIsNeverAParameterOfAnotherMethod() {
        XCTAssertThrowsError(try router.match(.put, "/providers/balances")) {
            XCTAssertEqual($0 as? Failure, .methodNotAllowed(allowed: ["GET", "HEAD", "OPTIONS"]))
        }
    }

    func testHeadIsAnsweredByTheGetRoute() throws {
        XCTAssertEqual(try name(.head, "/providers/x"), "/providers/:provider")
    }

    func testAnotherMethodIsRefusedWithThoseThereAre() {
        XCTAssertThrowsError(try router.match(.delete, "/providers/x")) {
            XCTAssertEqual($0 as? Failure, .methodNotAllowed(allowed: ["GET", "PUT", "HEAD", "OPTIONS"]))
        }
        XCTAssertThrowsError(try router.match(nil, "/providers/x"))
    }

    func testSegmentsAreSplitFirstAndDecodedThen() throws {
        let match = try router.match(.get, "/providers/fal_ai/models/fal-ai%2Fflux%20pro%3A1.1")
        XCTAssertEqual(match.parameters, ["provider": "fal_ai", "model": "fal-ai/flux pro:1.1"])
    }

    /// nginx counts requests by the path as it was written: no other spelling of it leads to the same route.
    func testALiteralSegmentHasToStandThereAsItIs() throws {
        for path in ["/%70roviders/fal_ai", "/providers/fal_ai/model%73/m", "/provider%73/%62alances"] {
            XCTAssertThrowsError(try router.match(.get, path), path) {
                XCTAssertEqual($0 as? Failure, .notFound("Resource"), path)
            }
        }
        let match = try router.match(.get, "/providers/%62alances")
        XCTAssertEqual(match.route.pattern.text, "/providers/:provider")
        XCTAssertEqual(match.parameters, ["provider": "balances"])
    }

    func testPathsThatNameNothing() {
        for path in [
            "", "providers", "//", "/providers/", "/providers//", "/providers/%", "/providers/%4", "/providers/%zz",
            "/providers/%00", "/providers/%ff", "/providers/%c0%af", "/other", "/providers/a/models/b/c",
        ] {
            XCTAssertThrowsError(try router.match(.get, path), path) {
                XCTAssertEqual($0 as? Failure, .notFound("Resource"), path)
            }
        }
    }

    func testAPlusInAPathIsAPlus() throws {
        XCTAssertEqual(try router.match(.get, "/providers/a+b").parameters["provider"], "a+b")
    }

    func testTheRootIsAPath() throws {
        XCTAssertEqual(try name(.get, "/"), "/")
    }

    func testTheMethodsOfAPathForOptions() {
        XCTAssertEqual(router.allowed("/providers/x"), ["GET", "PUT", "HEAD", "OPTIONS"])
        XCTAssertEqual(router.allowed("/nothing"), [])
    }
}
