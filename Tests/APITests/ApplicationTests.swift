import Crypto
import Domain
import HTTP
import JSON
import Store
import XCTest

@testable import API

final class ApplicationTests: ApplicationTestCase {
    private let route = "/api/v1/ai/providers"

    private func assertFailure(
        _ response: Response, _ status: Int, _ message: String, file: StaticString = #filePath, line: UInt = #line
    ) {
        XCTAssertEqual(response.status, status, file: file, line: line)
        XCTAssertEqual(response.text, "{\"success\":false,\"message\":\"\(message)\"}", file: file, line: line)
    }

    // MARK: - Paths and methods

    func testAnUnknownPathIsNotFoundForEverybody() throws {
        for path in [
            "/", "", "/x", "/api/v1/ai", route + "/", route + "//x", "/" + route, route + "/%zz", route + "/%00/test",
            route + "/x/test/y", "/healthz/", "/HEALTHZ", "*",
        ] {
            for role in [nil, "Admin"] {
                assertFailure(try send("GET", path, role: role), 404, "Resource not found")
            }
        }
    }

    func testAnotherMethodIsRefusedWithTheOnesThereAre() throws {
        for (method, path, allowed) in [
            ("DELETE", route, "POST, GET, HEAD, OPTIONS"), ("PATCH", route + "/x", "GET, PUT, DELETE, HEAD, OPTIONS"),
            ("PROPFIND", route, "POST, GET, HEAD, OPTIONS"), ("get", route, "POST, GET, HEAD, OPTIONS"),
            ("", route, "POST, GET, HEAD, OPTIONS"), ("GET", route + "/x/test", "POST, OPTIONS"),
            ("HEAD", route + "/x/test", "POST, OPTIONS"), ("POST", "/healthz", "GET, HEAD, OPTIONS"),
        ] {
            let response = try send(method, path, role: nil)
            XCTAssertEqual(response.status, 405)
            XCTAssertEqual(response.body.isEmpty, method == "HEAD")
            XCTAssertEqual(response.header("Allow"), allowed, "\(method) \(path)")
        }
    }

    func testOptionsAnswersWithTheMethodsAndNothingElse() throws {
        let response = try send("OPTIONS", route, role: nil)
        XCTAssertEqual(response.status, 204)
        XCTAssertEqual(response.names, ["Allow", "X-Request-Id", "Cache-Control"])
        XCTAssertEqual(response.header("Allow"), "POST, GET, HEAD, OPTIONS")
        XCTAssertEqual(response.body, [])
        assertFailure(try send("OPTIONS", "/x", role: nil), 404, "Resource not found")
    }

    func testTheLaneIsThatOfTheRoute() throws {
        let application = try application()
        XCTAssertEqual(application.lane(method: "POST", path: route, query: ""), .upstream)
        XCTAssertEqual(application.lane(method: "GET", path: route, query: ""), .direct)
        XCTAssertEqual(application.lane(method: "POST", path: route + "/x/test", query: ""), .upstream)
        XCTAssertEqual(application.lane(method: "PUT", path: "/x", query: ""), .direct)
        XCTAssertEqual(application.lane(method: "BREW", path: route, query: ""), .direct)
    }

    // MARK: - Who may call

    func testWithoutATokenNothingIsSaidAboutWhatIsThere() throws {
        let id = try connection().id.text
        for path in [route, route + "/" + id, route + "/nonsense"] {
            let response = try send("GET", path, role: nil)
            assertFailure(response, 401, "Authentication required")
            XCTAssertEqual(response.header("WWW-Authenticate"), "Bearer realm=\"providerd\"")
        }
    }

    func testAPermissionIsAskedForBeforeTheBodyIsRead() throws {
        assertFailure(try send("POST", route, body: "{", role: "Manager"), 403, "Insufficient permissions")
        XCTAssertEqual(try send("GET", route, role: "Manager").status, 200)
        assertFailure(try send("GET", route, role: "Guest"), 403, "Insufficient permissions")
    }

    func testAQueryParameterThatIsNotKnownIsRefused() throws {
        assertFailure(try send("GET", route, query: "limti=1"), 400, "limti is not a known parameter")
    }

    func testAnIDThatIsNoneNamesNothing() throws {
        for id in ["x", "1", "00000000-0000-0000-0000-000000000000", "%20", "..%2F.."] {
            assertFailure(try send("GET", route + "/" + id), 404, "AI provider not found")
        }
    }

    // MARK: - HEAD and 304

    func testHeadHasTheHeadersOfGetAndNoBody() throws {
        let id = try connection().id.text
        for path in ["/healthz", "/readyz", route, route + "/" + id, "/x"] {
            let (get, head) = (try send("GET", path), try send("HEAD", path))
            XCTAssertEqual(head.status, get.status, path)
            XCTAssertEqual(head.names, get.names, path)
            XCTAssertEqual(head.header("Content-Length"), String(get.body.count), path)
            XCTAssertGreaterThan(get.body.count, 0, path)
            XCTAssertEqual(head.body, [], path)
        }
    }

    func testWhoHasTheRepresentationGetsNoBody() throws {
        let path = route + "/" + (try connection().id.text)
        let tag = try XCTUnwrap(try send("GET", path).header("ETag"))
        for header in [tag, "W/" + tag, "*", "\"x\", \(tag)", "\"x\",W/\(tag) ,\"y\""] {
            for method in ["GET", "HEAD"] {
                let response = try send(method, path, ["if-none-match": header])
                XCTAssertEqual(response.status, 304, header)
                XCTAssertEqual(response.names, ["ETag", "X-Request-Id", "Cache-Control"], header)
                XCTAssertEqual(response.header("ETag"), tag)
                XCTAssertEqual(response.body, [])
            }
        }
        for header in ["\"x\"", "", tag + "x", "nonsense", String(tag.dropFirst().dropLast())] {
            XCTAssertEqual(try send("GET", path, ["if-none-match": header]).status, 200, header)
        }
        // After a change the tag is another one, and what changes something is never a 304.
        XCTAssertEqual(
            try send(
                "PUT", path, ["content-type": "application/json", "if-none-match": "*"],
                body: "{\"modelConfig\":{\"temperature\":0.5}}"
            ).status, 200)
        XCTAssertEqual(try send("GET", path, ["if-none-match": tag]).status, 200)
    }

    // MARK: - CORS

    private let page = "https://console.example"

    func testAPreflightFromAConfiguredOriginIsAnswered() throws {
        let response = try send(
            "OPTIONS", route, ["origin": page, "access-control-request-method": "POST"], role: nil,
            to: application(corsOrigins: [page]))
        XCTAssertEqual(response.status, 204)
        XCTAssertEqual(response.header("Access-Control-Allow-Origin"), page)
        XCTAssertEqual(response.header("Access-Control-Allow-Methods"), "POST, GET, HEAD, OPTIONS")
        XCTAssertEqual(
            response.header("Access-Control-Allow-Headers"),
            "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-Id")
        XCTAssertEqual(response.header("Access-Control-Max-Age"), "600")
        XCTAssertEqual(response.header("Vary"), "Origin")
        XCTAssertNil(response.header("Access-Control-Allow-Credentials"))
    }

    func testEveryAnswerToAConfiguredOriginCanBeReadByItsPage() throws {
        let application = try application(corsOrigins: [page])
        for (path, role) in [(route, "Admin"), (route, nil), ("/x", nil), ("/healthz", nil)] as [(String, String?)] {
            let response = try send("GET", path, ["origin": page], role: role, to: application)
            XCTAssertEqual(response.header("Access-Control-Allow-Origin"), page, path)
            XCTAssertEqual(
                response.header("Access-Control-Expose-Headers"), "ETag, Retry-After, X-Request-Id", path)
            XCTAssertNil(response.header("Access-Control-Allow-Methods"), path)
        }
    }

    func testAnotherOriginGetsNothingAndNoCacheMixesThemUp() throws {
        let application = try application(corsOrigins: [page])
        for origin in [
            nil, "null", "*", "https://console.example:443", "http://console.example", "https://CONSOLE.example",
            "https://console.example.evil", page + "/", page + ", " + page, "",
        ] {
            for method in ["GET", "OPTIONS"] {
                let response = try send(method, route, origin.map { ["origin": $0] } ?? [:], to: application)
                XCTAssertEqual(response.header("Vary"), "Origin", origin ?? "nil")
                XCTAssertFalse(response.names.contains { $0.hasPrefix("Access-Control") }, origin ?? "nil")
            }
        }
    }

    func testWithoutConfiguredOriginsThereIsNoCORS() throws {
        let names = try send("GET", route, ["origin": page]).names
        XCTAssertFalse(names.contains { $0.hasPrefix("Access-Control") || $0 == "Vary" }, "\(names)")
    }

    // MARK: - Readiness

    func testWhileItMayNotServeOnlyTheProbesAnswer() throws {
        for (readiness, body) in [
            (.databaseAway, "\"unavailable\",\"database\":\"away\",\"migrations\":\"unknown\",\"keys\":\"unknown\""),
            (.migrations("x"), "\"unavailable\",\"database\":\"ok\",\"migrations\":\"mismatch\",\"keys\":\"unknown\""),
            (.sealed("x"), "\"sealed\",\"database\":\"ok\",\"migrations\":\"ok\",\"keys\":\"sealed\""),
        ] as [(Readiness, String)] {
            let application = try application(readiness: readiness)
            let response = try send("GET", route, to: application)
            assertFailure(response, 503, "The service is temporarily unavailable")
            XCTAssertEqual(response.header("Retry-After"), "2")
            let probe = try send("GET", "/readyz", role: nil, to: application)
            XCTAssertEqual(probe.status, 503)
            XCTAssertEqual(probe.text, "{\"status\":\(body)}")
            XCTAssertEqual(probe.header("Retry-After"), "2")
            XCTAssertEqual(try send("GET", "/healthz", role: nil, to: application).text, "{\"status\":\"ok\"}")
            // A stranger learns nothing from it.
            assertFailure(try send("GET", route, role: nil, to: application), 401, "Authentication required")
        }
        let probe = try send("GET", "/readyz", role: nil)
        XCTAssertEqual(probe.status, 200)
        XCTAssertEqual(
            probe.text, "{\"status\":\"ready\",\"database\":\"ok\",\"migrations\":\"ok\",\"keys\":\"ok\"}")
    }

    // MARK: - Defects, details and the log

    func testADefectIsAnsweredWithoutDetailAndLoggedWithIt() throws {
        // Sealed with a key that this application does not have.
        let path = route + "/" + (try connection(octet: 2).id.text) + "/test"
        assertFailure(try send("POST", path), 500, "An internal error occurred")
        let lines = sink.lines.map { String(decoding: $0, as: UTF8.self) }
        XCTAssertEqual(lines.count, 2)
        XCTAssertTrue(lines[0].contains("\"level\":\"error\",\"message\":\"defect: crypto: doesNotOpen\""), lines[0])
        XCTAssertTrue(lines[0].contains("\"request_id\":\"request-1\""), lines[0])
        XCTAssertTrue(lines[1].contains("\"status\":500"), lines[1])
        let shown = try send("POST", path, to: application(isDevelopment: true))
        XCTAssertEqual(
            shown.text,
            "{\"success\":false,\"message\":\"An internal error occurred\",\"error\":\"defect: crypto: doesNotOpen\"}")
    }

    func testEveryRequestLeavesOneLineWithWhoAndWhat() throws {
        _ = try send("GET", route)
        _ = try send("GET", "/x\n{\"level\":\"forged\"}", role: nil)
        let lines = try sink.lines.map { try JSONParser.parse(Array($0.dropLast())) }
        XCTAssertEqual(lines.count, 2)
        XCTAssertEqual(lines[0]["message"]?.string, "request")
        XCTAssertEqual(lines[0]["request_id"]?.string, "request-1")
        XCTAssertEqual(lines[0]["method"]?.string, "GET")
        XCTAssertEqual(lines[0]["route"]?.string, route)
        XCTAssertEqual(lines[0]["status"]?.int, 200)
        XCTAssertEqual(lines[0]["subject"]?.string, "alice")
        XCTAssertEqual(lines[0]["remote_address"]?.string, "192.0.2.7")
        let total = try XCTUnwrap(lines[0]["total_us"]?.int)
        let database = try XCTUnwrap(lines[0]["database_us"]?.int)
        XCTAssertGreaterThan(database, 0)
        XCTAssertGreaterThanOrEqual(total, database)
        XCTAssertEqual(lines[0]["upstream_us"]?.int, 0)
        XCTAssertEqual(lines[1]["level"]?.string, "info")
        XCTAssertEqual(lines[1]["path"]?.string, "/x\n{\"level\":\"forged\"}")
        XCTAssertEqual(lines[1]["route"], .null)
        XCTAssertEqual(lines[1]["subject"], .null)
    }

    func testNoTokenAndNoCredentialIsLogged() throws {
        _ = try send("GET", route, ["cookie": "c00kie"])
        _ = try send(
            "POST", route, ["content-type": "application/json"],
            body: "{\"provider\":\"OpenAI\",\"credentials\":{\"apiKey\":\"sk-l0gged\\u0000\"}}")
        let log = String(decoding: sink.lines.joined(), as: UTF8.self)
        for secret in ["eyJ", "sk-l0gged", "c00kie", "Bearer"] { XCTAssertFalse(log.contains(secret), log) }
    }

    // MARK: - Idempotency

    func testAKeyThatIsNotOneIsRefused() throws {
        for key in ["", " ", "a b", "é", "\"\"", String(repeating: "k", count: 256)] {
            let response = try send("POST", route, ["idempotency-key": key, "content-type": "application/json"])
            assertFailure(response, 400, "Idempotency-Key must have 1 to 255 visible ASCII characters")
        }
    }

    func testAnAttemptThatChangedNothingGivesItsKeyBack() throws {
        let headers = ["idempotency-key": "\(tenant.hashValue)", "content-type": "application/json"]
        assertFailure(try send("POST", route, headers, body: "{}"), 400, "provider is required")
        // Another body would be a mismatch if the first attempt still had the key.
        assertFailure(
            try send("POST", route, headers, body: "{\"provider\":\"OpenAI\"}"), 400, "credentials is required")
    }

    func testAKeyThatIsInUseOrWasUsedForAnotherRequestIsRefused() throws {
        let path = route + "/" + (try connection().id.text) + "/test"
        let body = "{\"message\":\"hello\"}"
        let fingerprint = Array("POST\n\(path)\n\(body)".utf8)
        let key = IdempotencyKey(
            caller: "tenant:\(tenant)\nalice", key: "k", fingerprint: Digest.sha256(fingerprint),
            claim: .make(at: .now()))
        XCTAssertEqual(try store().claim(key, lockSeconds: 60), .claimed)
        let headers = ["idempotency-key": "\"k\"", "content-type": "application/json"]
        assertFailure(
            try send("POST", path, headers, body: body), 409,
            "A request with this Idempotency-Key is still being processed")
        assertFailure(
            try send("POST", path, headers, body: "{}"), 422, "The Idempotency-Key was used for another request")
        try store().transaction { (transaction) throws(Failure) in
            try transaction.keep(StoredAnswer(status: 201, etag: "\"1-0\"", body: Array("{}".utf8)), for: key)
        }
        let replayed = try send("POST", path, headers, body: body)
        XCTAssertEqual(replayed.status, 201)
        XCTAssertEqual(replayed.text, "{}")
        XCTAssertEqual(replayed.header("ETag"), "\"1-0\"")
        XCTAssertEqual(replayed.header("Idempotency-Replayed"), "true")
    }
}
