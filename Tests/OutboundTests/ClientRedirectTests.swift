import Foundation
import Outbound
import XCTest

/// A redirect is an answer: nothing follows it, and no credential leaves for anywhere else.
final class ClientRedirectTests: ClientTestCase {
    func testNoRedirectIsFollowedAndNoSecondServerIsContacted() throws {
        let second = try serve(answer: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        let locations = [
            "http://127.0.0.1:\(second.port)/", "//127.0.0.1:\(second.port)/", "/elsewhere", "", "//%00/", "%",
            "http://",
            "http://[::1", "http://a@127.0.0.1:\(second.port)/", "javascript:alert(1)", "file:///etc/passwd", "\\\\x",
            "http://169.254.169.254/", "http:\(second.port)", "?", "#", String(repeating: "a", count: 20_000),
            "gopher://127.0.0.1:\(second.port)/_x", "é", "http://127.0.0.1:99999/",
        ]
        let client = try client()
        for status in [300, 301, 302, 303, 305, 307, 308] {
            for location in locations {
                let answer =
                    "HTTP/1.1 \(status) Moved\r\nLocation: \(location)\r\nRefresh: 0; url=\(location.prefix(50))\r\n"
                    + "Set-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
                let first = try redirect(answer)
                let response = try client.send(
                    request(first.url(), headers: [("Authorization", "Bearer canary")]))
                XCTAssertEqual(response.status, status)
                XCTAssertEqual(response.header("LOCATION"), location)
                XCTAssertEqual(first.accepted, 1)
                first.stop()
            }
        }
        XCTAssertEqual(second.accepted, 0)
    }

    func testNoCookieIsKept() throws {
        let requests = Counter()
        let server = try serve { connection in
            while let text = connection.readRequest() {
                if text.lowercased().contains("cookie") { requests.increment() }
                connection.write("HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 0\r\n\r\n")
            }
        }
        let client = try client()
        for _ in 0..<3 { _ = try client.send(request(server.url())) }
        XCTAssertEqual(requests.value, 0)
    }

    func testProxiesOfTheEnvironmentAreNotUsed() throws {
        let proxy = try serve(answer: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy")
        let server = try serve(answer: "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ndirect")
        let names = ["http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"]
        for name in names { setenv(name, "http://127.0.0.1:\(proxy.port)", 1) }
        defer { for name in names { unsetenv(name) } }
        XCTAssertEqual(try client().send(request(server.url())).text, "direct")
        XCTAssertEqual(proxy.accepted, 0)
    }

    private func redirect(_ answer: String) throws -> TestServer {
        try TestServer { connection in
            while connection.readRequest() != nil { connection.write(answer) }
        }
    }
}
