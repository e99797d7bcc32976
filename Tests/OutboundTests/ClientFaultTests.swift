import Foundation
import Outbound
import XCTest

/// What a provider can do wrong, over real sockets: always a typed error, in time.
final class ClientFaultTests: ClientTestCase {
    private struct Fault {
        let name: String
        let isExpected: @Sendable (OutboundError) -> Bool
        let act: @Sendable (ServerConnection) -> Void

        init(_ name: String, _ expected: OutboundError, _ act: @escaping @Sendable (ServerConnection) -> Void) {
            self.name = name
            isExpected = { $0 == expected }
            self.act = act
        }

        /// Answers with that text and ends the connection; malformed.
        init(malformed text: String) {
            name = text.debugDescription
            isExpected = { if case .malformed = $0 { true } else { false } }
            act = { $0.write(text) }
        }
    }

    private static let ok = "HTTP/1.1 200 OK\r\n"

    private static let cuts: [Fault] = [
        Fault("closes at once", .closed) { _ in },
        Fault("cuts the status line", .closed) { $0.write("HTTP/1.1 20") },
        Fault("cuts the head", .closed) { $0.write(ok + "Content-Length: 5\r\n") },
        Fault("says nothing of the body", .closed) { $0.write(ok + "Content-Length: 5\r\n\r\n") },
        Fault("announces too much", .closed) { $0.write(ok + "Content-Length: 50\r\n\r\nhello") },
        Fault("cuts a chunk", .closed) { $0.write(ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhel") },
        Fault("leaves out the last chunk", .closed) {
            $0.write(ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        },
        Fault("resets at once", .closed) { $0.reset() },
        Fault("resets within the body", .closed) {
            $0.write(ok + "Content-Length: 50\r\n\r\nhello")
            usleep(50_000)
            $0.reset()
        },
        Fault("only interim answers", .closed) { $0.write("HTTP/1.1 100 Continue\r\n\r\n") },
    ]

    private static let excesses: [Fault] = [
        Fault("endless body until close", .tooLarge(.body)) { connection in
            connection.write(ok + "\r\n")
            while connection.write([UInt8](repeating: 0x61, count: 65_536)) {}
        },
        Fault("endless chunked body", .tooLarge(.body)) { connection in
            connection.write(ok + "Transfer-Encoding: chunked\r\n\r\n")
            while connection.write(Array("10000\r\n".utf8) + [UInt8](repeating: 0x61, count: 65_536) + [13, 10]) {}
        },
        Fault("a gigabyte announced", .tooLarge(.body)) { connection in
            connection.write(ok + "Content-Length: 1073741824\r\n\r\n")
            while connection.write([UInt8](repeating: 0x61, count: 65_536)) {}
        },
        Fault("endless chunk of its own", .tooLarge(.body)) { connection in
            connection.write(ok + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n")
            while connection.write([UInt8](repeating: 0x61, count: 65_536)) {}
        },
        Fault("endless headers", .tooLarge(.headers)) { connection in
            connection.write(ok)
            while connection.write("X-Header: value\r\n") {}
        },
        Fault("an endless header", .tooLarge(.head)) { connection in
            connection.write(ok + "X-Header: ")
            while connection.write(String(repeating: "a", count: 10_000)) {}
        },
        Fault("two thousand headers", .tooLarge(.headers)) {
            $0.write(ok + String(repeating: "A: b\r\n", count: 2_000) + "Content-Length: 0\r\n\r\n")
        },
        Fault("a thousand interim answers", .tooLarge(.interimAnswers)) {
            $0.write(
                String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 1_000) + ok + "Content-Length: 0\r\n\r\n")
        },
        Fault("endless interim answers", .tooLarge(.interimAnswers)) { connection in
            while connection.write("HTTP/1.1 100 Continue\r\n\r\n") {}
        },
        Fault("endless chunk extensions", .tooLarge(.chunkExtensions)) { connection in
            connection.write(ok + "Transfer-Encoding: chunked\r\n\r\n1;")
            while connection.write(String(repeating: "a", count: 10_000)) {}
        },
        Fault("endless trailers", .tooLarge(.trailers)) { connection in
            connection.write(ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n")
            while connection.write("A: b\r\n") {}
        },
    ]

    private static let garbage: [Fault] =
        [
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
            ok + "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\u{1F}\u{8}x", ok + "Content-Length: -1\r\n\r\n",
            ok + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", ok + "Content-Length: 3\r\n\r\nabcd",
            ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ok + "A : b\r\n\r\n",
            ok + "A: b\r\n c\r\n\r\n", ok + "A: \0\r\n\r\n", "HTTP/1.1 200 OK\n\n", "HTTP/2 200\r\n\r\n",
            "<!doctype html><html></html>", "SSH-2.0-OpenSSH_9.2p1\r\n", "220 mail ESMTP\r\n",
            "-ERR unknown command\r\n",
            "\u{15}\u{3}\u{1}\0\u{2}\u{2}\u{46}", "\0\0\0\0", "\u{FFFD}\u{FFFD}", "HTTP/1.1 999 Odd\r\n\r\n",
        ].map { Fault(malformed: $0) }
        + ChunkDecoderTests.malformed.map { Fault(malformed: ok + "Transfer-Encoding: chunked\r\n\r\n" + $0) }

    func testEveryFaultEndsInItsTypedErrorWithinTheDeadline() throws {
        let client = try client()
        for fault in Self.cuts + Self.excesses + Self.garbage {
            let server = try serve { connection in
                guard connection.readRequest() != nil else { return }
                fault.act(connection)
            }
            var request = try request(server.url(), deadline: 4_000)
            request.maxBodyOctets = 1_000_000
            let (error, milliseconds) = failure(of: request, with: client)
            XCTAssertTrue(error.map(fault.isExpected) ?? false, "\(fault.name): \(String(describing: error))")
            XCTAssertLessThan(milliseconds, 4_000, fault.name)
            // A GET over a fresh connection is not tried again.
            XCTAssertEqual(server.accepted, 1, fault.name)
        }
    }

    func testAnEndlessAnswerDoesNotGrowTheProcess() throws {
        let server = try serve { connection in
            guard connection.readRequest() != nil else { return }
            connection.write(Self.ok + "\r\n")
            while connection.write([UInt8](repeating: 0x61, count: 65_536)) {}
        }
        let client = try client()
        let before = try residentOctets()
        for _ in 0..<3 {
            let (error, _) = failure(of: try request(server.url(), deadline: 20_000), with: client)
            XCTAssertEqual(error, .tooLarge(.body))
        }
        XCTAssertLessThan(try residentOctets() - before, 50_000_000)
    }

    func testAClosedPortCannotBeConnectedTo() throws {
        let server = try TestServer { _ in }
        server.stop()
        let (error, milliseconds) = failure(of: try request(server.url()), with: try client())
        XCTAssertEqual(error, .cannotConnect)
        XCTAssertLessThan(milliseconds, 1_000)
    }

    func testAnAnswerBeforeTheEndOfALargeRequestIsStillRead() throws {
        let server = try serve { connection in
            _ = connection.read()
            connection.write("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            // The rest is taken off the socket, so that the end is no reset that overtakes the answer.
            connection.waitForEnd()
        }
        let body = String(repeating: "a", count: 3_000_000)
        let response = try client().send(try request(server.url(), method: "POST", body: body))
        XCTAssertEqual(response.status, 413)
    }

    func testRequestsThatWouldSmuggleAreRefusedBeforeConnecting() throws {
        let server = try serve(answer: Self.ok + "Content-Length: 0\r\n\r\n")
        let client = try client()
        let url = try server.url()
        var requests = [
            ("A", "b\r\nC: d"), ("A", "b\nC: d"), ("A", "b\r"), ("A", "\0"), ("A", "é"), ("A\r\nB", "c"), ("A:", "b"),
            ("", "b"), ("A B", "c"), ("Ä", "b"), ("Host", "x"), ("content-length", "5"),
            ("Transfer-Encoding", "chunked"),
            ("CONNECTION", "close"), ("Accept-Encoding", "gzip"), ("Expect", "100-continue"), ("Upgrade", "h2c"),
            ("A", String(repeating: "a", count: 70_000)), ("\u{212A}eep-Alive", "1"),
        ].map { try? request(url, headers: [$0]) }
        for method in ["", "get", "GET ", "GET / HTTP/1.1\r\nX: y\r\n\r\nGET", "G\0T", "CONNECT", "ＧＥＴ", "GET\r\n"] {
            requests.append(try request(url, method: method))
        }
        for request in requests {
            let (error, _) = failure(of: try XCTUnwrap(request), with: client)
            guard case .invalidRequest? = error else {
                XCTFail("\(String(describing: error))")
                continue
            }
        }
        XCTAssertEqual(server.accepted, 0)
    }
}
