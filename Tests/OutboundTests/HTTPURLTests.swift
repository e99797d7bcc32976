import Outbound
import XCTest

final class HTTPURLTests: XCTestCase {
    func testAHostileURLIsStoppedForTheRightReason() throws {
        var count = 0
        for (expected, texts) in HostileURLs.table {
            for text in texts {
                count += 1
                XCTAssertEqual(stop(of: text), expected, text.debugDescription)
            }
        }
        XCTAssertGreaterThanOrEqual(count, 150)
        XCTAssertEqual(Set(HostileURLs.table.flatMap(\.1)).count, count, "a URL stands in the table twice")
    }

    func testAPublicAddressMayBeCalled() throws {
        for text in HostileURLs.allowed {
            XCTAssertNil(stop(of: text), text)
        }
    }

    func testEveryRefusalHasAReasonForPeople() throws {
        for (_, texts) in HostileURLs.table {
            for text in texts {
                let reason = reason(of: text)
                XCTAssertGreaterThan(reason.count, 15, text.debugDescription)
            }
        }
    }

    func testNoSpellingOfAHostileURLReachesTheResolver() throws {
        let lookUps = Counter()
        let resolver = Resolver(limit: 4) { _ in
            lookUps.increment()
            return []
        }
        let client = try HTTPClient(policy: .production, authoritiesFile: nil, resolver: resolver)
        var refusals = 0
        for text in HostileURLs.table.flatMap(\.1) {
            guard let url = try? HTTPURL(text) else { continue }
            XCTAssertThrowsError(try client.send(OutboundRequest(method: "GET", url: url)), text) { error in
                guard case .addressRefused(let reason)? = error as? OutboundError else {
                    return XCTFail("\(text): \(error)")
                }
                XCTAssertFalse(reason.isEmpty)
                refusals += 1
            }
        }
        XCTAssertGreaterThan(refusals, 80)
        XCTAssertEqual(lookUps.value, 0)
    }

    func testPartsAndCanonicalText() throws {
        let url = try HTTPURL("HTTPS://API.Example.COM:443/v1/Models?limit=5&x=%2F")
        XCTAssertEqual(url.scheme, .https)
        XCTAssertEqual(url.host, "api.example.com")
        XCTAssertEqual(url.port, 443)
        XCTAssertEqual(url.path, "/v1/Models")
        XCTAssertEqual(url.query, "limit=5&x=%2F")
        XCTAssertEqual(url.origin, "https://api.example.com")
        XCTAssertEqual(url.text, "https://api.example.com/v1/Models?limit=5&x=%2F")
        XCTAssertEqual(url.requestTarget, "/v1/Models?limit=5&x=%2F")
        XCTAssertNil(url.literal)
    }

    func testALiteralIsKeptInItsCanonicalForm() throws {
        let url = try HTTPURL("http://[2606:4700:0:0::1111]:8080")
        XCTAssertEqual(url.host, "2606:4700::1111")
        XCTAssertEqual(url.origin, "http://[2606:4700::1111]:8080")
        XCTAssertEqual(url.path, "")
        XCTAssertEqual(url.requestTarget, "/")
        XCTAssertEqual(url.literal, IPAddress("2606:4700::1111"))
        XCTAssertEqual(try HTTPURL("http://8.8.8.8?q").query, "q")
    }

    func testSpellingsOfOneURLAreEqual() throws {
        XCTAssertEqual(try HTTPURL("http://example.com:80/a"), try HTTPURL("HTTP://EXAMPLE.com/a"))
        XCTAssertNotEqual(try HTTPURL("http://example.com/a"), try HTTPURL("http://example.com/A"))
        XCTAssertNotEqual(try HTTPURL("http://example.com/"), try HTTPURL("https://example.com/"))
        XCTAssertNotEqual(try HTTPURL("http://example.com/a"), try HTTPURL("http://example.com/a?"))
    }

    func testAppendingJoinsWithOneSlash() throws {
        for base in ["https://example.com/v1", "https://example.com/v1/"] {
            for path in ["models", "/models"] {
                XCTAssertEqual(try HTTPURL(base).appending(path: path).text, "https://example.com/v1/models")
            }
        }
        XCTAssertEqual(try HTTPURL("https://example.com").appending(path: "a").text, "https://example.com/a")
        XCTAssertEqual(try HTTPURL("https://example.com/v1").appending(path: "").text, "https://example.com/v1")
    }

    func testAppendingEncodesWhatAPathCannotHold() throws {
        let base = try HTTPURL("https://example.com")
        XCTAssertEqual(
            base.appending(path: "a?b#c d%2Fe%/ü\r\n").text, "https://example.com/a%3Fb%23c%20d%2Fe%25/%C3%BC%0D%0A")
        XCTAssertEqual(base.appending(path: "m:x@1").text, "https://example.com/m:x@1")
    }

    func testAppendingJoinsQueries() throws {
        let base = try HTTPURL("https://example.com/v1?api-version=1")
        XCTAssertEqual(base.appending(path: "a").text, "https://example.com/v1/a?api-version=1")
        XCTAssertEqual(
            base.appending(path: "a", query: "b=c d#").text, "https://example.com/v1/a?api-version=1&b=c%20d%23")
    }

    func testADescriptionKeepsPathAndQueryToItself() throws {
        let url = try HTTPURL("https://example.com/secret?key=secret")
        XCTAssertEqual("\(url)", "https://example.com")
        var request = OutboundRequest(method: "GET", url: url, headers: [("Authorization", "Bearer secret")])
        request.body = Array("secret".utf8)
        var dumped = ""
        dump(request, to: &dumped)
        for text in ["\(request)", String(reflecting: request), dumped] {
            XCTAssertFalse(text.contains("secret"), text)
            XCTAssertFalse(text.contains("115"), text)
        }
    }

    /// What stops the text under the production policy; nil when nothing does.
    private func stop(of text: String) -> ExpectedStop? {
        do {
            try AddressPolicy.production.check(try HTTPURL(text))
            return nil
        } catch let problem as URLProblem {
            return .syntax(problem)
        } catch {
            switch error as? AddressRefusal {
            case .portNotAllowed, .portNeverAllowed: return .port
            case .specialAddress: return .special
            case .forbiddenAddress: return .forbidden
            case .metadataAddress: return .metadata
            case nil: return nil
            }
        }
    }

    private func reason(of text: String) -> String {
        do {
            try AddressPolicy.production.check(try HTTPURL(text))
            return ""
        } catch {
            return (error as? URLProblem)?.reason ?? (error as? AddressRefusal)?.reason ?? ""
        }
    }
}
