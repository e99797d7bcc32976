import Foundation
import XCTest

/// The master as a process of its own, since it is about signals and children.
final class MasterTests: XCTestCase {
    private var folder = ""
    private var socket: String { folder + "/socket" }
    private var master = Process()

    override func setUpWithError() throws { folder = try temporaryFolder() }

    override func tearDownWithError() throws {
        if master.isRunning { kill(master.processIdentifier, SIGKILL) }
        master.waitUntilExit()
        try FileManager.default.removeItem(atPath: folder)
    }

    private func start(children: Int, _ rest: String...) throws {
        let program = try URL(fileURLWithPath: FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
            .deletingLastPathComponent().appendingPathComponent("fastcgi-echo")
        XCTAssertTrue(FileManager.default.createFile(atPath: folder + "/log", contents: nil))
        master = Process()
        master.executableURL = program
        master.arguments = ["master", socket, String(children)] + rest
        master.standardError = FileHandle(forWritingAtPath: folder + "/log")
        try master.run()
    }

    private var log: String { (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? "" }

    private func worker() -> Int32? {
        let body = (try? RecordClient(socket, receiveMilliseconds: 3_000).exchange(Records.request()))?.body
        return body?.split(separator: " ").last.flatMap { Int32($0.trimmingCharacters(in: .newlines)) }
    }

    private func eventually(_ what: String, within limit: Int = 8_000, _ condition: () -> Bool) {
        let start = milliseconds()
        while !condition() {
            guard milliseconds() - start < limit else { return XCTFail("not in time: \(what)\n\(log)") }
            usleep(10_000)
        }
    }

    private func children() -> Set<Int32> {
        let path = "/proc/\(master.processIdentifier)/task/\(master.processIdentifier)/children"
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return Set(text.split(separator: " ").compactMap { Int32($0) })
    }

    private func stopAndWait() {
        kill(master.processIdentifier, SIGTERM)
        eventually("the master ends") { !master.isRunning }
        XCTAssertEqual(master.terminationStatus, 0)
    }

    func testAKilledWorkerIsReplacedAndAStopEndsAll() throws {
        try start(children: 2)
        eventually("service") { worker() != nil }
        eventually("two workers") { children().count == 2 }
        let before = children()
        let victim = try XCTUnwrap(before.first)
        kill(victim, SIGKILL)
        eventually("a new worker") { children().count == 2 && !children().contains(victim) }
        XCTAssertNotNil(worker())
        let last = children()
        stopAndWait()
        for child in last { XCTAssertNotEqual(kill(child, 0), 0, "\(child) is still there") }
    }

    func testWorkersThatDieAtOnceAreNotRestartedHot() throws {
        try start(children: 2, "1")
        eventually("throttling") { log.contains("one start a second") }
        usleep(500_000)
        let before = log.components(separatedBy: "ended by itself").count
        usleep(3_000_000)
        let deaths = log.components(separatedBy: "ended by itself").count - before
        XCTAssertTrue((1...5).contains(deaths), "\(deaths) deaths in 3 s")
        XCTAssertTrue(log.contains("error: worker"))
        stopAndWait()
    }

    func testAReloadReplacesTheWorkersWithoutAFailedRequest() throws {
        try start(children: 2)
        eventually("service") { worker() != nil }
        eventually("two workers") { children().count == 2 }
        let old = children()
        let path = socket
        let loadEnded = expectation(description: "all requests are answered")
        loadEnded.expectedFulfillmentCount = 4
        let end = milliseconds() + 2_000
        for _ in 0..<4 {
            Thread.detachNewThread {
                while milliseconds() < end {
                    let answer = try? RecordClient(path).exchange(Records.request([("PAUSE", "5")]))
                    XCTAssertEqual(answer?.status, "Status: 200 OK")
                }
                loadEnded.fulfill()
            }
        }
        let slow = try RecordClient(path)
        slow.send(Records.request([("PAUSE", "1000"), ("LANE", "upstream")]))
        usleep(200_000)
        kill(master.processIdentifier, SIGHUP)
        eventually("new workers only") { children().count == 2 && children().isDisjoint(with: old) }
        XCTAssertEqual(slow.answer().status, "Status: 200 OK")
        wait(for: [loadEnded], timeout: 10)
        stopAndWait()
    }

    func testTheWorkersEndWhenTheMasterIsKilled() throws {
        try start(children: 2)
        eventually("service") { worker() != nil }
        eventually("two workers") { children().count == 2 }
        let orphans = children()
        kill(master.processIdentifier, SIGKILL)
        eventually("no worker is left") {
            orphans.allSatisfy { !FileManager.default.fileExists(atPath: "/proc/\($0)/fd/0") }
        }
    }

    func testARequestInFlightIsAnsweredWhenTheMasterStops() throws {
        try start(children: 1)
        eventually("service") { worker() != nil }
        let client = try RecordClient(socket)
        client.send(Records.request([("PAUSE", "400")]))
        usleep(100_000)
        kill(master.processIdentifier, SIGTERM)
        XCTAssertEqual(client.answer().status, "Status: 200 OK")
        stopAndWait()
    }
}
