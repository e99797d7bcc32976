import Foundation
import Outbound
import XCTest

final class ClientStreamTests: ClientTestCase {
    func testPiecesArriveBeforeTheAnswerIsComplete() throws {
        let received = Counter()
        let server = try serve { connection in
            guard connection.readRequest() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for index in 1...3 {
                connection.write("2\r\n\(index);\r\n")
                // Goes on only after the client has seen the piece.
                for _ in 0..<400 where received.value < index { usleep(5_000) }
            }
            connection.write("0\r\n\r\n")
            connection.waitForEnd()
        }
        var text = ""
        let start = Date()
        let response = try client().stream(request(server.url())) { chunk in
            text += String(decoding: chunk, as: UTF8.self)
            received.increment()
            return true
        }
        XCTAssertEqual(text, "1;2;3;")
        XCTAssertEqual(response.status, 200)
        XCTAssertEqual(response.body, [])
        XCTAssertLessThan(Date().timeIntervalSince(start), 2)
    }

    func testFalseCancelsAndClosesTheConnection() throws {
        let ended = Counter()
        let server = try serve { connection in
            guard connection.readRequest() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while connection.write("2\r\nx;\r\n") { usleep(1_000) }
            ended.increment()
        }
        var pieces = 0
        let client = try client()
        let response = try client.stream(request(server.url())) { _ in
            pieces += 1
            return pieces < 3
        }
        XCTAssertEqual(response.status, 200)
        XCTAssertEqual(pieces, 3)
        for _ in 0..<200 where ended.value == 0 { usleep(10_000) }
        XCTAssertEqual(ended.value, 1, "the server saw the end")
        _ = try client.stream(request(server.url())) { _ in false }
        XCTAssertEqual(server.accepted, 2)
    }

    func testCancellingOnTheLastPieceDoesNotKeepTheConnection() throws {
        let server = try serve(answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        let client = try client()
        for _ in 0..<2 { _ = try client.stream(request(server.url())) { _ in false } }
        XCTAssertEqual(server.accepted, 2)
        for _ in 0..<2 { _ = try client.stream(request(server.url())) { _ in true } }
        XCTAssertEqual(server.accepted, 3, "a stream that was read to its end leaves its connection")
    }

    func testTheBodyOfAnErrorAnswerIsCollected() throws {
        for status in [400, 401, 429, 500, 302] {
            let server = try serve(answer: "HTTP/1.1 \(status) x\r\nContent-Length: 5\r\n\r\nerror")
            var pieces = 0
            let response = try client().stream(request(server.url())) { _ in
                pieces += 1
                return true
            }
            XCTAssertEqual(response.status, status)
            XCTAssertEqual(response.text, "error")
            XCTAssertEqual(pieces, 0)
        }
    }

    func testACutStreamIsAnErrorAfterItsPieces() throws {
        let server = try serve { connection in
            guard connection.readRequest() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n")
        }
        var text = ""
        XCTAssertThrowsError(
            try client().stream(request(server.url())) { chunk in
                text += String(decoding: chunk, as: UTF8.self)
                return true
            }
        ) { XCTAssertEqual($0 as? OutboundError, .closed) }
        XCTAssertEqual(text, "ab")
    }

    func testAStreamHasTheSameLimitOfSize() throws {
        let server = try serve { connection in
            guard connection.readRequest() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\n\r\n")
            while connection.write([UInt8](repeating: 0x61, count: 10_000)) {}
        }
        var request = try request(server.url())
        request.maxBodyOctets = 100_000
        var octets = 0
        XCTAssertThrowsError(
            try client().stream(request) { chunk in
                octets += chunk.count
                return true
            }
        ) { XCTAssertEqual($0 as? OutboundError, .tooLarge(.body)) }
        XCTAssertLessThanOrEqual(octets, 100_000)
    }
}
