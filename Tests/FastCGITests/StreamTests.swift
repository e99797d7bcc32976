import Glibc
import Synchronization
import XCTest

@testable import FastCGI

final class StreamTests: XCTestCase {
    func testEveryPieceArrivesBeforeTheNextIsWritten() throws {
        let mayGoOn = Mutex(0)
        let application = TestApplication { request in
            try? request.beginStream(status: 200, headers: [("Content-Type", "text/event-stream")])
            for number in 1...3 {
                try? request.write(Array("piece \(number);".utf8))
                let start = milliseconds()
                while mayGoOn.withLock({ $0 }) < number, milliseconds() - start < 5_000 { usleep(1_000) }
            }
        }
        let running = try RunningWorker(application)
        defer { running.stop() }
        let client = try running.connect()
        client.send(Records.request(keep: true))
        let head = client.nextRecord().map { String(decoding: $0.content, as: UTF8.self) }
        XCTAssertEqual(head, "Status: 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        for number in 1...3 {
            let piece = client.nextRecord().map { String(decoding: $0.content, as: UTF8.self) }
            XCTAssertEqual(piece, "piece \(number);")
            mayGoOn.withLock { $0 = number }
        }
        XCTAssertEqual(client.answer(), RecordClient.Answer(output: [], isWhole: true))
        client.send(Records.request(keep: true))
        XCTAssertTrue(client.answer().isWhole, "the connection is kept after a stream")
    }

    func testAClientThatLeavesIsNoticed() throws {
        let outcome = Mutex<FastCGIError?>(nil)
        let sawGone = Mutex(false)
        let application = TestApplication { request in
            do throws(FastCGIError) {
                try request.beginStream(status: 200, headers: [])
                let start = milliseconds()
                while !request.clientIsGone, milliseconds() - start < 5_000 { usleep(1_000) }
                sawGone.withLock { $0 = request.clientIsGone }
                for _ in 0..<100 { try request.write([UInt8](repeating: 65, count: 1_000)) }
            } catch {
                outcome.withLock { $0 = error }
            }
        }
        let running = try RunningWorker(application)
        defer { running.stop() }
        let client = try running.connect()
        client.send(Records.request(keep: true))
        XCTAssertNotNil(client.nextRecord())
        client.hangUp()
        let start = milliseconds()
        while outcome.withLock({ $0 }) == nil, milliseconds() - start < 5_000 { usleep(1_000) }
        XCTAssertEqual(outcome.withLock { $0 }, .clientGone)
        XCTAssertTrue(sawGone.withLock { $0 })
    }

    func testAConnectedClientIsNotGone() throws {
        let application = TestApplication { request in
            try? request.send(status: 200, headers: [], body: Array("\(request.clientIsGone)".utf8))
        }
        let running = try RunningWorker(application)
        defer { running.stop() }
        XCTAssertEqual(try running.exchange(Records.request()).body, "false")
    }

    func testAClientThatStopsReadingIsGivenUp() throws {
        let outcome = Mutex<FastCGIError?>(nil)
        let application = TestApplication { request in
            do throws(FastCGIError) {
                try request.send(status: 200, headers: [], body: [UInt8](repeating: 65, count: 4 << 20))
            } catch {
                outcome.withLock { $0 = error }
            }
        }
        let running = try RunningWorker(application) { $0.sendMilliseconds = 300 }
        defer { running.stop() }
        let client = try running.connect()
        client.send(Records.request(keep: true))
        let start = milliseconds()
        while outcome.withLock({ $0 }) == nil, milliseconds() - start < 3_000 { usleep(1_000) }
        XCTAssertEqual(outcome.withLock { $0 }, .clientGone)
        XCTAssertFalse(client.answer().isWhole)
    }

    func testABrokenOffStreamDoesNotLookWhole() throws {
        let application = TestApplication { request in
            try? request.beginStream(status: 200, headers: [])
            try? request.write(Array("part".utf8))
            request.breakOff()
        }
        let running = try RunningWorker(application)
        defer { running.stop() }
        let answer = try running.exchange(Records.request(keep: true))
        XCTAssertEqual(answer.body, "part")
        XCTAssertFalse(answer.isWhole)
    }

    func testWritingWithoutAStreamIsADefect() throws {
        let outcome = Mutex<FastCGIError?>(nil)
        let application = TestApplication { request in
            do throws(FastCGIError) {
                try request.write([1])
            } catch {
                outcome.withLock { $0 = error }
            }
        }
        let running = try RunningWorker(application)
        defer { running.stop() }
        XCTAssertEqual(try running.exchange(Records.request()).status, "Status: 500 Internal Server Error")
        XCTAssertEqual(outcome.withLock { $0 }, .defect("write without beginStream"))
    }
}
