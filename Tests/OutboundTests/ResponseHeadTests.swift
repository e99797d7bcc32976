import Outbound
import XCTest

final class ResponseHeadTests: XCTestCase {
    private func parse(_ text: String, maxHeaders: Int = 200) throws -> ResponseHead {
        try ResponseHead.parse(Array(text.utf8)[...], maxHeaders: maxHeaders)
    }

    func testAHeadIsReadInOrder() throws {
        let head = try parse("HTTP/1.1 200 OK\r\nA: 1\r\na:2 \r\nB:\t x y \t\r\nC:\r\n\r\n")
        XCTAssertEqual(head.status, 200)
        XCTAssertEqual(head.minorVersion, 1)
        XCTAssertEqual(head.headers.map(\.name), ["A", "a", "B", "C"])
        XCTAssertEqual(head.headers.map(\.value), ["1", "2", "x y", ""])
    }

    func testTheReasonPhraseMayBeAnythingPrintableOrMissing() throws {
        for line in ["HTTP/1.0 404 Not Found", "HTTP/1.1 204", "HTTP/1.1 599 ", "HTTP/1.1 100 a\tb", "HTTP/1.1 200 é"] {
            XCTAssertNoThrow(try parse(line + "\r\n\r\n"), line)
        }
    }

    func testAMalformedHeadIsATypedError() {
        let heads = [
            "", "\r\n", "\r\n\r\n", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\n\n",
            "HTTP/1.1 200 OK\r\nA: 1\n\r\n", "HTTP/1.1 200 OK\r\nA: 1\r\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA: 1\rB: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\n A: 1\r\n\r\n", "HTTP/1.1 200 OK\r\nA: 1\r\n folded\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA: 1\r\n\tfolded\r\n\r\n", "HTTP/1.1 200 OK\r\nA : 1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA\t: 1\r\n\r\n", "HTTP/1.1 200 OK\r\n: 1\r\n\r\n", "HTTP/1.1 200 OK\r\nA\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA B: 1\r\n\r\n", "HTTP/1.1 200 OK\r\nÄ: 1\r\n\r\n", "HTTP/1.1 200 OK\r\nA: \0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA\0: 1\r\n\r\n", "HTTP/1.1 200 OK\r\nA: \u{1}\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA: \u{7F}\r\n\r\n", "HTTP/1.1 200 OK\r\n(A): 1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA: 1\r\n\r\nx", "HTTP/1.1 200 OK\r\nA: 1\r\n\r\n\r\n", "HTTP/1.1 200 O\0K\r\n\r\n",
            "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n",
            "HTTP/1.1 600 OK\r\n\r\n", "HTTP/1.1 -20 OK\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 200OK\r\n\r\n",
            "HTTP/1.1\t200 OK\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 \r\n\r\n", "HTTP/1.2 200 OK\r\n\r\n",
            "HTTP/2 200 OK\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/0.9 200 OK\r\n\r\n", "HTTP/11 200 OK\r\n\r\n",
            "http/1.1 200 OK\r\n\r\n", "ICY 200 OK\r\n\r\n", " HTTP/1.1 200 OK\r\n\r\n", "\r\nHTTP/1.1 200 OK\r\n\r\n",
            "SSH-2.0-OpenSSH_9.2\r\n\r\n", "<html></html>\r\n\r\n",
        ]
        for head in heads {
            XCTAssertThrowsError(try parse(head), head.debugDescription) { error in
                guard case .malformed(let reason)? = error as? OutboundError else { return XCTFail("\(error)") }
                XCTAssertFalse(reason.isEmpty)
            }
        }
    }

    func testTheNumberOfHeadersIsBounded() throws {
        let text = { (count: Int) in
            "HTTP/1.1 200 OK\r\n" + String(repeating: "A: 1\r\n", count: count) + "\r\n"
        }
        XCTAssertEqual(try parse(text(200)).headers.count, 200)
        XCTAssertThrowsError(try parse(text(201))) { XCTAssertEqual($0 as? OutboundError, .tooLarge(.headers)) }
    }

    func testOctetsThatAreNotUTF8InAValueAreReplaced() throws {
        let octets = Array("HTTP/1.1 200 OK\r\nA: ".utf8) + [0xFF, 0xC0, 0x80] + Array("\r\n\r\n".utf8)
        let value = try ResponseHead.parse(octets[...], maxHeaders: 10).headers.first?.value
        XCTAssertEqual(value?.unicodeScalars.allSatisfy { $0 == "\u{FFFD}" }, true)
    }
}
