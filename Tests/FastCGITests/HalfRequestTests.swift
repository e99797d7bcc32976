import Glibc
import XCTest

@testable import FastCGI

/// Clients that stop halfway must cost a descriptor for a while and nothing else.
final class HalfRequestTests: XCTestCase {
    private static let limit = 700

    private func assertServiceGoesOn(whileClientsSend octets: [UInt8], _ what: String, line: UInt = #line) throws {
        let running = try RunningWorker { $0.requestReadMilliseconds = Self.limit }
        defer { running.stop() }
        let clients = try (0..<64).map { _ in try running.connect(receiveMilliseconds: 5_000) }
        let start = milliseconds()
        for client in clients { client.send(octets) }
        for _ in 0..<20 {
            let answer = try running.connect(receiveMilliseconds: 500).exchange(Records.request(body: [65, 66]))
            XCTAssertEqual(answer.body, "AB", "\(what): the service stopped", line: line)
        }
        XCTAssertLessThan(milliseconds() - start, Self.limit, "\(what): the service was slow", line: line)
        for client in clients {
            XCTAssertNotNil(client.millisecondsUntilClosed(), "\(what): never cut off", line: line)
        }
        let elapsed = milliseconds() - start
        XCTAssertGreaterThan(elapsed, Self.limit - 100, "\(what): cut off early", line: line)
        XCTAssertLessThan(elapsed, Self.limit + 1_500, "\(what): cut off late", line: line)
        XCTAssertTrue(try running.exchange(Records.request()).isWhole, line: line)
    }

    func testHalfARecordHeader() throws {
        try assertServiceGoesOn(whileClientsSend: Array(Records.begin().prefix(5)), "half a header")
    }

    func testHalfABeginRecord() throws {
        try assertServiceGoesOn(whileClientsSend: Array(Records.begin().prefix(12)), "half a record")
    }

    func testHalfTheParameters() throws {
        let request = Records.begin() + Records.stream(4, Records.pair("NAME", "value"))
        try assertServiceGoesOn(whileClientsSend: Array(request.dropLast(12)), "half the parameters")
    }

    func testParametersWithoutTheirEnd() throws {
        let request = Records.begin() + Records.stream(4, Records.pair("NAME", "value"))
        try assertServiceGoesOn(whileClientsSend: Array(request.dropLast(8)), "no end of the parameters")
    }

    func testHalfABody() throws {
        let request = Records.request(body: [UInt8](repeating: 1, count: 1_000))
        try assertServiceGoesOn(whileClientsSend: Array(request.dropLast(500)), "half a body")
    }

    func testHalfALargeBody() throws {
        let request = Records.request(body: [UInt8](repeating: 1, count: 400_000))
        try assertServiceGoesOn(whileClientsSend: Array(request.prefix(300_000)), "half a large body")
    }

    func testABodyWithoutItsEnd() throws {
        let request = Records.request(body: [UInt8](repeating: 1, count: 1_000))
        try assertServiceGoesOn(whileClientsSend: Array(request.dropLast(8)), "no end of the body")
    }

    func testSilentConnectionsDoNotStopTheServiceAndMayStay() throws {
        let running = try RunningWorker { $0.requestReadMilliseconds = Self.limit }
        defer { running.stop() }
        let silent = try (0..<64).map { _ in try running.connect() }
        for _ in 0..<20 { XCTAssertTrue(try running.exchange(Records.request()).isWhole) }
        usleep(UInt32(Self.limit + 300) * 1_000)
        for client in silent { XCTAssertTrue(client.exchange(Records.request()).isWhole) }
    }

    func testARequestThatDripsIsServed() throws {
        let running = try RunningWorker()
        defer { running.stop() }
        let client = try running.connect()
        for _ in 0..<2 {
            for octet in Records.request(body: Array("drip".utf8), keep: true) { client.send([octet]) }
            XCTAssertEqual(client.answer().body, "drip", "and the connection is kept")
        }
    }

    func testADripThatNeverEndsIsCutOffInTime() throws {
        let running = try RunningWorker { $0.requestReadMilliseconds = Self.limit }
        defer { running.stop() }
        let client = try running.connect()
        let start = milliseconds()
        client.send(Records.begin() + Records.stream(4, []))
        while client.send(Records.record(5, [1])), milliseconds() - start < 5_000 { usleep(20_000) }
        XCTAssertLessThan(milliseconds() - start, Self.limit + 1_000)
    }

    func testRequestsThatFillTheMemoryBoundAreCut() throws {
        let running = try RunningWorker { $0.maxBufferedOctets = 1_000_000 }
        defer { running.stop() }
        let half = Records.request(body: [UInt8](repeating: 1, count: 600_000)).dropLast(8)
        let clients = try (0..<4).map { _ in try running.connect(receiveMilliseconds: 300) }
        for client in clients { client.send(Array(half)) }
        let cut = clients.filter { $0.millisecondsUntilClosed() != nil }.count
        XCTAssertGreaterThan(cut, 0)
        XCTAssertLessThan(cut, 4)
        XCTAssertTrue(try running.exchange(Records.request()).isWhole)
    }
}
