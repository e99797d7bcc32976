import Glibc
import Synchronization
import XCTest

@testable import FastCGI

final class WorkerTests: XCTestCase {
    private func withWorker(
        _ application: TestApplication = TestApplication(), _ adjust: (inout WorkerSettings) -> Void = { _ in },
        _ body: (RunningWorker) throws -> Void
    ) throws {
        let running = try RunningWorker(application, adjust)
        defer { running.stop() }
        try body(running)
    }

    private func octets(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) } }

    func testARequestIsEchoedAndTheConnectionClosed() throws {
        try withWorker { running in
            let client = try running.connect()
            let answer = client.exchange(Records.request(body: Array("hello".utf8)))
            XCTAssertEqual(answer.text, "Status: 200 OK\r\nContent-Type: text/plain\r\n\r\nhello")
            XCTAssertTrue(answer.isWhole)
            XCTAssertNotNil(client.millisecondsUntilClosed())
        }
    }

    func testAKeptConnectionServesManyRequests() throws {
        try withWorker { running in
            let client = try running.connect()
            for number in 0..<200 {
                let answer = client.exchange(Records.request(body: Array("\(number)".utf8), keep: true))
                XCTAssertEqual(answer.body, "\(number)")
            }
        }
    }

    func testBodiesOfAllSizesArriveWhole() throws {
        try withWorker { running in
            let client = try running.connect()
            for size in [1, 8_000, 8_100, 8_192, 16_384, 60_000, 65_536, 200_000, 1 << 20] {
                let body = octets(size)
                let answer = client.exchange(Records.request(body: body, keep: true))
                XCTAssertEqual(answer.output.suffix(size), body[...], "\(size) octets")
            }
        }
    }

    func testABodyThatNobodyReadsLeavesTheConnectionUsable() throws {
        let application = TestApplication { request in
            try? request.send(status: 200, headers: [], body: Array("unread".utf8))
        }
        try withWorker(application) { running in
            let client = try running.connect()
            for size in [10, 8_180, 20_000, 65_000, 300_000, 0] {
                let answer = client.exchange(Records.request(body: octets(size), keep: true))
                XCTAssertEqual(answer.body, "unread", "\(size) octets")
            }
        }
    }

    func testABodyAboveTheHandlersLimitIsRefused() throws {
        try withWorker { running in
            let answer = try running.exchange(Records.request(body: octets(4 << 20 | 1)))
            XCTAssertEqual(answer.body, "bodyTooLarge(limit: 4194304)")
        }
    }

    func testABodyAboveTheWorkersLimitIsAnsweredWithoutBeingCollected() throws {
        try withWorker {
            $0.maxRequestOctets = 100_000
        } _: { running in
            let client = try running.connect()
            XCTAssertTrue(client.send(Records.request(body: octets(3_000_000), keep: true)), "it is read away")
            XCTAssertEqual(client.answer().body, "bodyTooLarge(limit: 100000)")
        }
    }

    func testABodyThatDiffersFromItsAnnouncementIsRefused() throws {
        try withWorker { running in
            let cases = [
                ("7", "bodyTruncated(expected: 7, received: 5)"), ("4", "badContentLength"), ("", "badContentLength"),
                ("-5", "badContentLength"), ("+5", "badContentLength"), ("5 ", "badContentLength"),
                ("0x5", "badContentLength"), ("99999999999999999999", "badContentLength"),
                ("999999999999999999", "bodyTooLarge(limit: 4194304)"),
            ]
            for (length, error) in cases {
                let answer = try running.exchange(Records.request(body: Array("hello".utf8), length: length))
                XCTAssertEqual(answer.body, error, "announced \(length)")
            }
        }
    }

    func testParametersAreFoundByNameAndCannotBeForged() throws {
        let application = TestApplication { request in
            var lines = ["USER", "A", "VALUE", "TEXT", "NONE", ""].map { "\($0): \(request.parameter($0) ?? "nil")" }
            lines.append("octets: \(request.parameterBytes("TEXT") ?? [])")
            var names: [String] = []
            request.forEachParameter { name, _ in names.append(name) }
            lines.append(names.joined(separator: ","))
            try? request.send(status: 200, headers: [], body: Array(lines.joined(separator: "\n").utf8))
        }
        try withWorker(application) { running in
            let pairs: [[UInt8]] = [
                Records.pair("USER=admin", "x"), Records.pair("A=B", "c"), Records.pair("USER", "alice"),
                Records.pair("USER", "mallory"), Records.pair("VALUE", "a=b=c"),
                Records.pair(Array("TEXT".utf8), [0x66, 0xff]),
            ]
            let answer = try running.exchange(
                Records.begin() + Records.stream(4, Array(pairs.joined())) + Records.stream(5, []))
            XCTAssertEqual(
                answer.body,
                """
                USER: alice
                A: nil
                VALUE: a=b=c
                TEXT: nil
                NONE: nil
                : nil
                octets: [102, 255]
                FCGI_ROLE,USER,USER,VALUE
                """)
        }
    }

    func testHeadersThatCouldForgeAnAnswerAreNotWritten() throws {
        let refused = Mutex(0)
        let application = TestApplication { request in
            let headers = [
                ("X", "a\r\nSet-Cookie: b"), ("X", "a\nb"), ("X", "a\0"), ("X\r\nY", "a"), ("X: Y", "a"), ("", "a"),
                ("Status", "200"),
            ]
            for header in headers {
                do throws(FastCGIError) {
                    try request.send(status: 200, headers: [header], body: [])
                } catch {
                    if case .defect = error { refused.withLock { $0 += 1 } }
                }
            }
            try? request.send(status: 204, headers: [("X-Fine", "a\tä")], body: [])
        }
        try withWorker(application) { running in
            XCTAssertEqual(
                try running.exchange(Records.request()).text, "Status: 204 No Content\r\nX-Fine: a\tä\r\n\r\n")
            XCTAssertEqual(refused.withLock { $0 }, 7)
        }
    }

    func testARequestIsAnsweredOnceAndAnUnansweredOneGetsA500() throws {
        let second = Mutex<FastCGIError?>(nil)
        let application = TestApplication { request in
            guard request.parameter("SILENT") == nil else { return }
            try? request.send(status: 200, headers: [], body: [1])
            do throws(FastCGIError) {
                try request.send(status: 500, headers: [], body: [2])
            } catch {
                second.withLock { $0 = error }
            }
        }
        try withWorker(application) { running in
            XCTAssertEqual(try running.exchange(Records.request()).status, "Status: 200 OK")
            XCTAssertEqual(second.withLock { $0 }, .defect("the request was answered twice"))
            let silent = try running.exchange(Records.request([("SILENT", "1")]))
            XCTAssertEqual(silent.text, "Status: 500 Internal Server Error\r\n\r\n")
            XCTAssertTrue(running.log.all.contains { $0.hasPrefix("error: the application left") })
        }
    }

    func testManyConnectionsAtOnceAreAllServed() throws {
        try withWorker { running in
            let clients = try (0..<100).map { _ in try running.connect() }
            for round in 0..<5 {
                for client in clients { client.send(Records.request(body: Array("r\(round)".utf8), keep: true)) }
                for client in clients { XCTAssertEqual(client.answer().body, "r\(round)") }
            }
        }
    }

    func testWithoutDescriptorsTheWorkerLogsAndServesAgainWhenThereAreSome() throws {
        try withWorker { running in
            let first = try running.connect()
            XCTAssertTrue(first.exchange(Records.request()).isWhole)
            // A descriptor that became free later would be one for the connection that has to wait.
            XCTAssertNotNil(first.millisecondsUntilClosed())
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            let usual = limit
            limit.rlim_cur = 200
            XCTAssertEqual(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit), 0)
            defer {
                limit = usual
                setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            }
            var fillers: [Int32] = []
            while true {
                let filler = dup(0)
                if filler < 0 { break }
                fillers.append(filler)
            }
            close(fillers.removeLast())
            let client = try running.connect()
            client.send(Records.request())
            let start = milliseconds()
            while !running.log.all.contains("error: accept failed, errno \(EMFILE)"), milliseconds() - start < 3_000 {
                usleep(1_000)
            }
            XCTAssertEqual(running.log.all, ["error: accept failed, errno \(EMFILE)"])
            for filler in fillers { close(filler) }
            XCTAssertTrue(client.answer().isWhole)
        }
    }

    func testConnectionsBeyondTheMaximumWaitUntilOneEnds() throws {
        try withWorker {
            $0.maxConnections = 3
            $0.threads = 8
        } _: { running in
            // Many times: one thread may hear of the listener before another one takes the last place.
            for milliseconds in [300] + repeatElement(Int32(30), count: 39) {
                let kept = try (0..<3).map { _ in try running.connect() }
                for client in kept { client.send(Records.request(keep: true)) }
                for client in kept { XCTAssertTrue(client.answer().isWhole) }
                let patient = try running.connect()
                patient.send(Records.request())
                XCTAssertFalse(patient.hears(withinMilliseconds: milliseconds))
                kept[0].hangUp()
                XCTAssertTrue(patient.answer().isWhole)
            }
        }
    }
}
