import Foundation
import XCTest

@testable import FastCGI

final class StopTests: XCTestCase {
    private let slow = TestApplication { request in
        if let pause = request.parameter("PAUSE").flatMap({ UInt32($0) }) { usleep(pause * 1_000) }
        try? request.send(status: 200, headers: [], body: Array("done".utf8))
    }

    func testAnIdleWorkerStopsAtOnce() throws {
        let running = try RunningWorker(slow) { $0.stopIdleMilliseconds = 5_000 }
        XCTAssertTrue(try running.exchange(Records.request(keep: true)).isWhole)
        usleep(20_000)
        running.worker.stop()
        // Less than any connection gets that could still bring a request.
        XCTAssertLessThan(try XCTUnwrap(running.waitForReturn()), 900)
        running.stop()
    }

    func testAKeptConnectionMayBringOneMoreRequestAndIsThenClosed() throws {
        let running = try RunningWorker(slow) { $0.stopIdleMilliseconds = 2_000 }
        let kept = try (0..<2).map { _ in try running.connect() }
        for client in kept { XCTAssertTrue(client.exchange(Records.request(keep: true)).isWhole) }
        // An answer arrives before its connection is put back: one that stops in between is closed behind the answer.
        let start = milliseconds()
        while running.worker.connections.waiting(for: .next).count < kept.count, milliseconds() - start < 5_000 {
            usleep(1_000)
        }
        running.worker.stop()
        usleep(50_000)
        XCTAssertEqual(kept[0].exchange(Records.request(keep: true)).body, "done")
        XCTAssertLessThan(try XCTUnwrap(kept[0].millisecondsUntilClosed()), 1_000)
        XCTAssertLessThan(try XCTUnwrap(running.waitForReturn()), 4_000)
        XCTAssertNotNil(kept[1].millisecondsUntilClosed())
        running.stop()
    }

    func testRequestsInFlightOfBothLanesAreAnswered() throws {
        let running = try RunningWorker(slow)
        let lanes = ["direct", "upstream", "direct", "upstream"]
        let clients = try lanes.map { lane in
            let client = try running.connect()
            client.send(Records.request([("PAUSE", "300"), ("LANE", lane)], keep: true))
            return client
        }
        usleep(100_000)
        running.worker.stop()
        for client in clients {
            XCTAssertEqual(client.answer().body, "done")
            XCTAssertNotNil(client.millisecondsUntilClosed())
        }
        XCTAssertNotNil(running.waitForReturn())
        running.stop()
    }

    func testRequestsThatWaitForAThreadAreAnswered() throws {
        let running = try RunningWorker(slow) { $0.threads = 1 }
        let kept = try (0..<5).map { _ in try running.connect() }
        for client in kept { XCTAssertTrue(client.exchange(Records.request(keep: true)).isWhole) }
        for client in kept { client.send(Records.request([("PAUSE", "50")], keep: true)) }
        running.worker.stop()
        for client in kept { XCTAssertEqual(client.answer().body, "done") }
        running.stop()
    }

    func testARequestThatIsStillArrivingIsAnswered() throws {
        let running = try RunningWorker(slow)
        let half = try running.connect()
        let fresh = try running.connect()
        let request = Records.request()
        half.send(Array(request.prefix(20)))
        XCTAssertTrue(try running.exchange(request).isWhole)
        running.worker.stop()
        usleep(100_000)
        half.send(Array(request.dropFirst(20)))
        fresh.send(request)
        XCTAssertEqual(half.answer().body, "done")
        XCTAssertEqual(fresh.answer().body, "done")
        running.stop()
    }

    func testSilentConnectionsDelayAStopByOneSecondAtMost() throws {
        let running = try RunningWorker(slow)
        let silent = try (0..<10).map { _ in try running.connect() }
        XCTAssertTrue(try running.exchange(Records.request()).isWhole)
        running.worker.stop()
        XCTAssertLessThan(try XCTUnwrap(running.waitForReturn()), 1_500)
        for client in silent { XCTAssertNotNil(client.millisecondsUntilClosed()) }
        running.stop()
    }

    func testARequestThatTakesTooLongDoesNotHoldTheStop() throws {
        let running = try RunningWorker(slow) { $0.stopMilliseconds = 200 }
        let client = try running.connect()
        client.send(Records.request([("PAUSE", "2500"), ("LANE", "upstream")]))
        usleep(100_000)
        running.worker.stop()
        XCTAssertLessThan(try XCTUnwrap(running.waitForReturn()), 2_000)
        XCTAssertTrue(running.log.all.contains { $0.contains("1 connections are cut") }, "\(running.log.all)")
        XCTAssertTrue(client.answer().isWhole, "the thread is not torn down under the request")
        running.stop()
    }

    func testAWorkerEndsAfterItsNumberOfRequests() throws {
        let running = try RunningWorker(slow) { $0.maxRequests = 50 }
        let client = try running.connect()
        var answered = 0
        while answered < 100, client.exchange(Records.request(keep: true)).isWhole { answered += 1 }
        // One more may have arrived while the last one was answered.
        XCTAssertTrue((40...61).contains(answered), "\(answered)")
        XCTAssertNotNil(running.waitForReturn())
        running.stop()
    }

    func testNoRequestIsLostWhenOneOfTwoWorkersStopsUnderLoad() throws {
        let first = try RunningWorker(slow)
        let listener = try XCTUnwrap(Optional(dup(first.listener)))
        let second = try Worker(listener: listener, application: slow, settings: WorkerSettings())
        let secondEnded = expectation(description: "the second worker returned")
        Thread.detachNewThread {
            do throws(SystemError) {
                try second.run()
            } catch {
                XCTFail("\(error)")
            }
            secondEnded.fulfill()
        }
        let loadEnded = expectation(description: "all clients are done")
        loadEnded.expectedFulfillmentCount = 8
        let path = first.path
        for _ in 0..<8 {
            Thread.detachNewThread {
                for _ in 0..<100 {
                    let answer = try? RecordClient(path).exchange(Records.request())
                    XCTAssertEqual(answer?.body, "done")
                }
                loadEnded.fulfill()
            }
        }
        usleep(30_000)
        second.stop()
        wait(for: [secondEnded, loadEnded], timeout: 20)
        close(listener)
        first.stop()
    }
}
