import Foundation
import Outbound
import Synchronization
import XCTest

/// What goes over the wire, and which connection it goes over.
final class ClientReuseTests: ClientTestCase {
    private let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    func testARequestIsWrittenExactly() throws {
        let seen = Mutex<[String]>([])
        let server = try serve { [answer] connection in
            while let text = connection.readRequest() {
                seen.withLock { $0.append(text) }
                connection.write(answer)
            }
        }
        let client = try client()
        _ = try client.send(request(server.url("/a?b=c"), headers: [("Authorization", "Bearer x")]))
        _ = try client.send(request(server.url(""), method: "POST", headers: [("user-agent", "y")], body: "{}"))
        _ = try client.send(request(server.url("/"), method: "DELETE"))
        _ = try client.send(request(server.url("/"), method: "PUT"))
        let host = "Host: 127.0.0.1:\(server.port)\r\n"
        XCTAssertEqual(
            seen.withLock { $0 },
            [
                "GET /a?b=c HTTP/1.1\r\n\(host)Authorization: Bearer x\r\nUser-Agent: providerd\r\nAccept-Encoding: identity\r\n\r\n",
                "POST / HTTP/1.1\r\n\(host)user-agent: y\r\nAccept-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}",
                "DELETE / HTTP/1.1\r\n\(host)User-Agent: providerd\r\nAccept-Encoding: identity\r\n\r\n",
                "PUT / HTTP/1.1\r\n\(host)User-Agent: providerd\r\nAccept-Encoding: identity\r\nContent-Length: 0\r\n\r\n",
            ])
        XCTAssertEqual(server.accepted, 1)
    }

    func testAConnectionServesManyRequests() throws {
        let server = try serve(answer: answer)
        let client = try client()
        for _ in 0..<50 { XCTAssertEqual(try client.send(request(server.url())).text, "ok") }
        XCTAssertEqual(server.accepted, 1)
        XCTAssertEqual(try client.send(request(server.url(host: "other.test"))).text, "ok")
        XCTAssertEqual(server.accepted, 2, "another origin has connections of its own")
    }

    func testAConnectionIsNotKeptWhenTheAnswerForbidsIt() throws {
        let answers = [
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        ]
        for answer in answers {
            let server = try serve(answer: answer)
            let client = try client()
            for _ in 0..<3 { _ = try client.send(request(server.url())) }
            XCTAssertEqual(server.accepted, 3)
        }
    }

    func testAnIdleConnectionThatTheServerClosedOrSpokeOnIsNotUsed() throws {
        for word in ["", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"] {
            let server = try serve { [answer] connection in
                guard connection.readRequest() != nil else { return }
                connection.write(answer)
                usleep(30_000)
                connection.write(word)
                if !word.isEmpty { connection.waitForEnd() }
            }
            let client = try client()
            for _ in 0..<3 {
                XCTAssertEqual(try client.send(request(server.url(), method: "POST")).text, "ok")
                usleep(80_000)
            }
            XCTAssertEqual(server.accepted, 3)
        }
    }

    func testIdleConnectionsAreClosedAfterTheirTime() throws {
        let ended = Counter()
        let server = try serve { [answer] connection in
            while connection.readRequest() != nil { connection.write(answer) }
            ended.increment()
        }
        var limits = PoolLimits()
        limits.idleMilliseconds = 100
        let client = try client(poolLimits: limits)
        _ = try client.send(request(server.url()))
        XCTAssertEqual(ended.value, 0)
        for _ in 0..<300 where ended.value == 0 { usleep(10_000) }
        XCTAssertEqual(ended.value, 1, "closed without another request")
        _ = try client.send(request(server.url()))
        XCTAssertEqual(server.accepted, 2)
    }

    func testAnOldConnectionIsNotUsedAgain() throws {
        let server = try serve(answer: answer)
        var limits = PoolLimits()
        limits.ageMilliseconds = 100
        let client = try client(poolLimits: limits)
        _ = try client.send(request(server.url()))
        usleep(150_000)
        _ = try client.send(request(server.url()))
        XCTAssertEqual(server.accepted, 2)
    }

    func testTheNumberOfIdleConnectionsIsBounded() throws {
        let ended = Counter()
        let server = try serve { [answer] connection in
            while connection.readRequest() != nil {
                usleep(200_000)
                connection.write(answer)
            }
            ended.increment()
        }
        var limits = PoolLimits()
        limits.perOrigin = 2
        let client = try client(poolLimits: limits)
        let request = try request(server.url())
        DispatchQueue.concurrentPerform(iterations: 2) { _ in
            let threads = (0..<3).map { _ in
                let done = DispatchSemaphore(value: 0)
                Thread {
                    _ = try? client.send(request)
                    done.signal()
                }.start()
                return done
            }
            for thread in threads { thread.wait() }
        }
        for _ in 0..<100 where ended.value < 4 { usleep(10_000) }
        XCTAssertEqual(server.accepted, 6)
        XCTAssertEqual(ended.value, 4)
    }

    /// The first request of a connection is answered; the second one is read and the connection ends without a word.
    private func serverThatDropsTheSecondRequest(_ last: String = "") throws -> (TestServer, Counter) {
        let requests = Counter()
        let server = try serve { [answer] connection in
            guard connection.readRequest() != nil else { return }
            requests.increment()
            connection.write(answer)
            guard connection.readRequest() != nil else { return }
            requests.increment()
            connection.write(last)
        }
        return (server, requests)
    }

    func testAGETOnAConnectionThatDiesIsTriedOnceMore() throws {
        let (server, requests) = try serverThatDropsTheSecondRequest()
        let client = try client()
        XCTAssertEqual(try client.send(request(server.url())).text, "ok")
        XCTAssertEqual(try client.send(request(server.url())).text, "ok")
        XCTAssertEqual(server.accepted, 2)
        XCTAssertEqual(requests.value, 3)
    }

    func testAPOSTOnAConnectionThatDiesIsNeverTriedAgain() throws {
        let (server, requests) = try serverThatDropsTheSecondRequest()
        let client = try client()
        XCTAssertEqual(try client.send(request(server.url())).text, "ok")
        let (error, _) = failure(of: try request(server.url(), method: "POST", body: "{}"), with: client)
        XCTAssertEqual(error, .closed)
        XCTAssertEqual(server.accepted, 1)
        XCTAssertEqual(requests.value, 2)
    }

    func testAGETOfWhichAnOctetWasAnsweredIsNotTriedAgain() throws {
        let (server, requests) = try serverThatDropsTheSecondRequest("H")
        let client = try client()
        XCTAssertEqual(try client.send(request(server.url())).text, "ok")
        let (error, _) = failure(of: try request(server.url()), with: client)
        XCTAssertEqual(error, .closed)
        XCTAssertEqual(requests.value, 2)
    }

    func testThirtyTwoThreadsGetTheirOwnAnswers() throws {
        let server = try serve { connection in
            while let text = connection.readRequest() {
                let path = text.split(separator: " ")[1]
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(path.utf8.count)\r\n\r\n\(path)")
            }
        }
        let client = try client()
        let right = Counter()
        let urls = try (0..<32).map { thread in try (0..<25).map { try server.url("/\(thread)-\($0)") } }
        let threads = try urls.map { urls in
            let requests = try urls.map { try request($0, deadline: 20_000) }
            let done = DispatchSemaphore(value: 0)
            Thread {
                for request in requests {
                    if (try? client.send(request))?.text == request.url.path { right.increment() }
                }
                done.signal()
            }.start()
            return done
        }
        for thread in threads { XCTAssertEqual(thread.wait(timeout: .now() + 30), .success) }
        XCTAssertEqual(right.value, 32 * 25)
        XCTAssertLessThanOrEqual(server.accepted, 32)
    }

    func testANameThatTurnsHostileLaterIsRefusedOnTheNextConnection() throws {
        let server = try serve(answer: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
        let lookUps = Counter()
        let resolver = Resolver(limit: 2) { _ in
            [IPAddress(lookUps.increment() == 1 ? "127.0.0.1" : "169.254.169.254")].compactMap { $0 }
        }
        let client = try client(resolver: resolver)
        XCTAssertEqual(try client.send(request(server.url(host: "rebinding.test"))).text, "ok")
        let (error, _) = failure(of: try request(server.url(host: "rebinding.test")), with: client)
        guard case .addressRefused? = error else { return XCTFail("\(String(describing: error))") }
        XCTAssertEqual(lookUps.value, 2, "one look-up for each connection: the checked address is the one used")
    }
}
