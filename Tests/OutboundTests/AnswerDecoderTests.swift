import Outbound
import XCTest

final class AnswerDecoderTests: XCTestCase {
    private struct Answer {
        var status: Int
        var body: String
        var canBeKept: Bool
    }

    /// Feeds a whole answer and, when it is then not complete, the end of the connection.
    private func decode(
        _ text: String, method: String = "GET", limits: AnswerLimits = AnswerLimits()
    ) throws -> Answer {
        var decoder = AnswerDecoder(method: method, limits: limits)
        var body: [UInt8] = []
        try decoder.feed(Array(text.utf8)[...]) { _, piece in
            body += piece
            return true
        }
        if !decoder.isComplete { try decoder.end() }
        let head = try XCTUnwrap(decoder.head)
        return Answer(
            status: head.status, body: String(decoding: body, as: UTF8.self), canBeKept: decoder.canBeKept)
    }

    private func error(_ text: String, method: String = "GET") -> OutboundError? {
        do {
            let answer = try decode(text, method: method)
            XCTFail("\(text.debugDescription) gave \(answer)")
            return nil
        } catch {
            return error as? OutboundError
        }
    }

    private let ok = "HTTP/1.1 200 OK\r\n"

    func testTheThreeWaysToEndABody() throws {
        let length = try decode(ok + "Content-Length: 5\r\n\r\nhello")
        XCTAssertEqual(length.body, "hello")
        XCTAssertTrue(length.canBeKept)
        let chunked = try decode(ok + "transfer-encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
        XCTAssertEqual(chunked.body, "hello")
        XCTAssertTrue(chunked.canBeKept)
        let closed = try decode(ok + "\r\nhello")
        XCTAssertEqual(closed.body, "hello")
        XCTAssertFalse(closed.canBeKept)
    }

    func testSomeAnswersHaveNoBodyWhateverTheirHeadersSay() throws {
        XCTAssertEqual(try decode(ok + "Content-Length: 5\r\n\r\n", method: "HEAD").body, "")
        XCTAssertEqual(try decode(ok + "Transfer-Encoding: chunked\r\n\r\n", method: "HEAD").body, "")
        XCTAssertEqual(try decode(ok + "Content-Encoding: gzip\r\n\r\n", method: "HEAD").status, 200)
        XCTAssertEqual(try decode("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n").status, 204)
        XCTAssertEqual(try decode("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n").status, 304)
        XCTAssertEqual(try decode(ok + "Content-Length: 0\r\n\r\n").body, "")
    }

    func testAConnectionIsKeptOnlyWhenBothSidesMeanIt() throws {
        for close in ["Connection: close", "connection: Keep-Alive, Close", "CONNECTION: x\r\nConnection: close"] {
            XCTAssertFalse(try decode(ok + close + "\r\nContent-Length: 0\r\n\r\n").canBeKept, close)
        }
        XCTAssertFalse(try decode("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n").canBeKept)
    }

    func testInterimAnswersAreSkippedUpToABound() throws {
        let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        XCTAssertEqual(try decode(interim + ok + "Content-Length: 1\r\n\r\nx").body, "x")
        let many = String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 1_000)
        XCTAssertEqual(error(many + ok + "Content-Length: 0\r\n\r\n"), .tooLarge(.interimAnswers))
        XCTAssertEqual(error(interim), .closed)
    }

    func testContradictoryOrForeignFramingIsMalformed() {
        let heads = [
            "Content-Length: 5\r\nContent-Length: 6", "Content-Length: 5, 5", "Content-Length: 5, 6",
            "Content-Length: -1",
            "Content-Length: +5", "Content-Length: 0x5", "Content-Length: 5.0", "Content-Length: 5 5",
            "Content-Length:",
            "Content-Length: five", "Content-Length: 9999999999999999", "Content-Length: 99999999999999999999999999",
            "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: gzip",
            "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: chunked, gzip", "Transfer-Encoding: identity",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding: xchunked",
            "Transfer-Encoding: chunked, chunked", "Transfer-Encoding: ", "Transfer-Encoding: \"chunked\"",
            "Content-Length: 5\r\nContent-Encoding: gzip", "Content-Length: 5\r\nContent-Encoding: br",
            "Content-Length: 5\r\nContent-Encoding: identity, gzip", "Content-Length: 5\r\nContent-Encoding: deflate",
        ]
        for head in heads {
            guard case .malformed? = error(ok + head + "\r\n\r\nhello") else {
                XCTFail(head)
                continue
            }
        }
        guard case .malformed? = error("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") else {
            return XCTFail("HTTP/1.0 has no transfer encoding")
        }
    }

    func testTheSameLengthTwiceIsOneLength() throws {
        XCTAssertEqual(try decode(ok + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello").body, "hello")
        XCTAssertEqual(try decode(ok + "Content-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello").body, "hello")
    }

    func testOctetsAfterTheAnswerAreMalformed() {
        let answers = [
            ok + "Content-Length: 4\r\n\r\nhello", ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nx",
            "HTTP/1.1 204 No Content\r\n\r\nx", ok + "Content-Length: 0\r\n\r\n" + ok + "Content-Length: 0\r\n\r\n",
        ]
        for answer in answers {
            guard case .malformed? = error(answer) else {
                XCTFail(answer)
                continue
            }
        }
        guard case .malformed? = error(ok + "Content-Length: 1\r\n\r\nx", method: "HEAD") else {
            return XCTFail("a body after HEAD")
        }
    }

    func testACutAnswerIsClosed() {
        let answers = [
            "", "H", "HTTP/1.1 200 OK\r\n", ok + "Content-Length: 6\r\n\r\nhello", ok + "Content-Length: 6\r\n\r\n",
            ok + "Transfer-Encoding: chunked\r\n\r\n", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r",
        ]
        for answer in answers { XCTAssertEqual(error(answer), .closed, answer) }
    }

    func testWhatCanNeverBecomeAHeadIsRefusedAtOnce() {
        for beginning in [
            "X", "\r", "\n", "HTTP/2", "SSH-", "\u{15}\u{3}", "HTTP/1.1 200\n", "HTTP/1.1 200\rX", "HTTP/1.1 \0",
        ] {
            guard case .malformed? = error(beginning) else {
                XCTFail(beginning.debugDescription)
                continue
            }
        }
        guard case .malformed? = error("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n") else {
            return XCTFail("101")
        }
    }

    func testTheLimitsHoldToTheOctet() throws {
        let limits = AnswerLimits(headOctets: 64, headers: 3, bodyOctets: 5)
        let padding = { (total: Int) in
            String(repeating: "a", count: total - "HTTP/1.1 200 OK\r\nA: \r\n\r\n".utf8.count)
        }
        let head = { (total: Int) in "HTTP/1.1 200 OK\r\nA: \(padding(total))\r\n\r\n" }
        XCTAssertEqual(try decode(head(64), limits: limits).status, 200)
        let rows: [(String, OutboundError)] = [
            (head(65), .tooLarge(.head)), (ok + String(repeating: "A:\r\n", count: 4) + "\r\n", .tooLarge(.headers)),
            (ok + "Content-Length: 6\r\n\r\n", .tooLarge(.body)), (ok + "\r\nhello!", .tooLarge(.body)),
            (ok + "Transfer-Encoding: chunked\r\n\r\n6\r\nhello!", .tooLarge(.body)),
            (ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!", .tooLarge(.body)),
        ]
        for (text, expected) in rows {
            XCTAssertThrowsError(try decode(text, limits: limits), text) {
                XCTAssertEqual($0 as? OutboundError, expected, text)
            }
        }
        XCTAssertEqual(try decode(ok + "Content-Length: 5\r\n\r\nhello", limits: limits).body, "hello")
        XCTAssertEqual(try decode(ok + "\r\nhello", limits: limits).body, "hello")
    }
}
