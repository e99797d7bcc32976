import Foundation
import Synchronization
import XCTest

@testable import FastCGI

/// How long a request of the upstream lane takes: longer than a busy machine needs for everything else.
private let pauseMilliseconds: UInt32 = 1_500

final class LaneTests: XCTestCase {
    private let slow = TestApplication { request in
        if request.parameter("LANE") == "upstream" { usleep(pauseMilliseconds * 1_000) }
        try? request.send(status: 200, headers: [], body: Array("done".utf8))
    }

    func testSlowUpstreamRequestsDoNotDelayDirectOnes() throws {
        let running = try RunningWorker(slow) { settings in
            settings.threads = 2
            settings.upstreamThreads = 8
        }
        defer { running.stop() }
        let upstream = try (0..<8).map { _ in try running.connect() }
        let start = milliseconds()
        for client in upstream { client.send(Records.request([("LANE", "upstream")])) }
        for _ in 0..<50 { XCTAssertEqual(try running.exchange(Records.request()).body, "done") }
        XCTAssertLessThan(milliseconds() - start, Int(pauseMilliseconds))
        for client in upstream { XCTAssertEqual(client.answer().body, "done") }
        XCTAssertLessThan(milliseconds() - start, 8 * Int(pauseMilliseconds), "the upstream requests ran side by side")
    }

    func testAFullLaneRefusesAtOnceAndRecovers() throws {
        let running = try RunningWorker(slow) { settings in
            settings.upstreamThreads = 2
            settings.upstreamQueue = 3
        }
        defer { running.stop() }
        let clients = try (0..<9).map { _ in try running.connect() }
        let start = milliseconds()
        for client in clients {
            client.send(Records.request([("LANE", "upstream")], keep: true))
            usleep(10_000)
        }
        for client in clients[5...] {
            let answer = client.answer()
            XCTAssertEqual(answer.status, "Status: 503 Service Unavailable")
            XCTAssertTrue(answer.head.contains("Retry-After: 1"))
        }
        XCTAssertLessThan(milliseconds() - start, Int(pauseMilliseconds))
        for client in clients[..<5] { XCTAssertEqual(client.answer().body, "done") }
        XCTAssertEqual(clients[8].exchange(Records.request([("LANE", "upstream")])).body, "done")
    }

    func testRequestsOfTheUpstreamLaneReuseKeptConnections() throws {
        let running = try RunningWorker()
        defer { running.stop() }
        let client = try running.connect()
        for number in 0..<20 {
            let lane = number.isMultiple(of: 2) ? "upstream" : "direct"
            let request = Records.request([("LANE", lane)], body: Array("\(number)".utf8), keep: true)
            XCTAssertEqual(client.exchange(request).body, "\(number)")
        }
    }
}
