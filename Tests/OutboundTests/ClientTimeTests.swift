import Foundation
import Outbound
import XCTest

/// Every limit of time holds, whichever part of the call takes too long.
final class ClientTimeTests: ClientTestCase {
    private func assert(
        _ request: OutboundRequest, timesOutIn phase: OutboundError.Phase, after limit: Int,
        file: StaticString = #filePath, line: UInt = #line
    ) throws {
        let (error, milliseconds) = failure(of: request, with: try client(), file: file, line: line)
        XCTAssertEqual(error, .timedOut(phase), file: file, line: line)
        XCTAssertGreaterThanOrEqual(milliseconds, limit - 5, file: file, line: line)
        XCTAssertLessThan(milliseconds, limit + 1_000, file: file, line: line)
    }

    func testAProviderThatNeverAnswersMeetsTheDeadline() throws {
        let server = try serve { $0.waitForEnd() }
        try assert(request(server.url(), deadline: 300), timesOutIn: .head, after: 300)
    }

    func testAProviderThatNeverAnswersMeetsTheIdleLimitFirst() throws {
        let server = try serve { $0.waitForEnd() }
        try assert(request(server.url(), deadline: 5_000, idle: 200), timesOutIn: .head, after: 200)
    }

    func testADrippedHeadMeetsTheDeadline() throws {
        let server = try serve { connection in
            connection.drip("HTTP/1.1 200 OK\r\nA: " + String(repeating: "a", count: 1_000), everyMilliseconds: 10)
        }
        try assert(request(server.url(), deadline: 400, idle: 300), timesOutIn: .head, after: 400)
    }

    func testADrippedBodyMeetsTheDeadline() throws {
        let server = try serve { connection in
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            connection.drip(String(repeating: "a", count: 1_000), everyMilliseconds: 10)
        }
        try assert(request(server.url(), deadline: 400, idle: 300), timesOutIn: .body, after: 400)
    }

    func testADrippedChunkedBodyMeetsTheDeadline() throws {
        let server = try serve { connection in
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            connection.drip(String(repeating: "1\r\na\r\n", count: 200), everyMilliseconds: 5)
        }
        try assert(request(server.url(), deadline: 400, idle: 300), timesOutIn: .body, after: 400)
    }

    func testAStreamThatAlwaysHasMoreMeetsTheDeadline() throws {
        let server = try serve { connection in
            connection.write("HTTP/1.1 200 OK\r\n\r\n")
            while connection.write([UInt8](repeating: 0x61, count: 16_384)) {}
        }
        var request = try request(server.url(), deadline: 400)
        request.maxBodyOctets = .max
        let start = Date()
        // The reader is slower than the server, so no read ever has to wait.
        XCTAssertThrowsError(
            try client().stream(request) { _ in
                usleep(5_000)
                return Date().timeIntervalSince(start) < 3
            }
        ) { XCTAssertEqual($0 as? OutboundError, .timedOut(.body)) }
        XCTAssertLessThan(Date().timeIntervalSince(start), 1.4)
    }

    func testSilenceWithinTheBodyMeetsTheIdleLimit() throws {
        let server = try serve { connection in
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
            connection.waitForEnd()
        }
        try assert(request(server.url(), idle: 250), timesOutIn: .body, after: 250)
    }

    func testAProviderThatDoesNotReadMeetsTheIdleLimit() throws {
        let server = try serve { _ in usleep(1_500_000) }
        let body = String(repeating: "a", count: 12_000_000)
        try assert(request(server.url(), method: "POST", body: body, idle: 300), timesOutIn: .sending, after: 300)
    }

    func testASilentHandshakeMeetsTheConnectLimit() throws {
        let server = try serve { $0.waitForEnd() }
        try assert(request(server.url(scheme: "https"), connect: 300), timesOutIn: .handshake, after: 300)
    }

    func testAFullBacklogMeetsTheConnectLimit() throws {
        let full = try FullListener()
        defer { full.close() }
        try assert(request("http://127.0.0.1:\(full.port)/", connect: 300), timesOutIn: .connection, after: 300)
    }

    func testASilentFirstAddressLeavesTimeForTheSecond() throws {
        let server = try serve(answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        let full = try FullListener(address: 0x7F00_0002, port: server.port)
        defer { full.close() }
        let resolver = Resolver(limit: 2) { _ in ["127.0.0.2", "127.0.0.1"].compactMap { IPAddress($0) } }
        let response = try client(resolver: resolver).send(
            request(server.url(host: "two.test"), connect: 800))
        XCTAssertEqual(response.text, "ok")
    }

    func testANameThatIsNeverResolvedMeetsTheConnectLimit() throws {
        let release = DispatchSemaphore(value: 0)
        defer { release.signal() }
        let resolver = Resolver(limit: 2) { _ in
            release.wait()
            return []
        }
        let (error, milliseconds) = failure(
            of: try request("http://slow.test:8080/", connect: 200), with: try client(resolver: resolver))
        XCTAssertEqual(error, .timedOut(.resolution))
        XCTAssertLessThan(milliseconds, 1_200)
    }
}

/// A listener whose queue of unaccepted connections is full: further ones are neither accepted nor refused.
private final class FullListener {
    let port: Int
    private var descriptors: [Int32] = []

    init(address: UInt32 = 0x7F00_0001, port: Int = 0) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = address.bigEndian
        name.sin_port = UInt16(port).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        var opened = [listener]
        let status = withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                let status = bind(listener, name, length) | listen(listener, 0) | getsockname(listener, name, &length)
                for _ in 0..<4 {
                    let kind = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue
                    let client = socket(AF_INET, Int32(kind), 0)
                    _ = connect(client, name, length)
                    opened.append(client)
                }
                return status
            }
        }
        descriptors = opened
        self.port = Int(UInt16(bigEndian: name.sin_port))
        XCTAssertEqual(status, 0)
        usleep(20_000)
    }

    func close() {
        for descriptor in descriptors { Glibc.close(descriptor) }
    }
}
