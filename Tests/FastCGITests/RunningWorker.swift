import Foundation
import Synchronization
import XCTest

@testable import FastCGI

/// An application made of closures.
struct TestApplication: FastCGIApplication {
    var answer: @Sendable (FastCGIRequest) -> Void = { request in
        do throws(FastCGIError) {
            let body = try request.readBody(limit: 4 << 20)
            try request.send(status: 200, headers: [("Content-Type", "text/plain")], body: body)
        } catch {
            let text = Array("\(error)".utf8)
            do throws(FastCGIError) {
                try request.send(status: 400, headers: [], body: text)
            } catch {
                XCTFail("\(error)")
            }
        }
    }

    func lane(of request: FastCGIRequest) -> Lane {
        request.parameter("LANE") == "upstream" ? .upstream : .direct
    }

    func handle(_ request: FastCGIRequest) { answer(request) }

    func refuse(_ request: FastCGIRequest) {
        do throws(FastCGIError) {
            try request.send(status: 503, headers: [("Retry-After", "1")], body: [])
        } catch {
            XCTFail("\(error)")
        }
    }
}

/// A worker on a socket in a folder of its own.
final class RunningWorker: Sendable {
    let folder: String
    let path: String
    let worker: Worker
    let log: MessageLog
    let listener: Int32
    private let hasReturned = Atomic(false)

    init(_ application: TestApplication = TestApplication(), _ adjust: (inout WorkerSettings) -> Void = { _ in })
        throws
    {
        folder = try temporaryFolder()
        path = folder + "/socket"
        listener = try Listener.bind(path: path, mode: 0o600)
        let log = MessageLog()
        var settings = WorkerSettings()
        settings.threads = 4
        settings.stopMilliseconds = 5_000
        settings.log = { level, message in log.append("\(level): \(message)") }
        adjust(&settings)
        worker = try Worker(listener: listener, application: application, settings: settings)
        self.log = log
        Thread.detachNewThread { [self] in
            do throws(SystemError) {
                try worker.run()
            } catch {
                XCTFail("\(error)")
            }
            hasReturned.store(true, ordering: .sequentiallyConsistent)
        }
    }

    func connect(receiveMilliseconds: Int = 10_000) throws -> RecordClient {
        try RecordClient(path, receiveMilliseconds: receiveMilliseconds)
    }

    /// One request on a connection of its own.
    func exchange(_ request: [UInt8]) throws -> RecordClient.Answer { try connect().exchange(request) }

    /// Milliseconds until `run` returned; nil when it did not.
    func waitForReturn(milliseconds limit: Int = 10_000) -> Int? {
        let start = milliseconds()
        while !hasReturned.load(ordering: .sequentiallyConsistent) {
            if milliseconds() - start > limit { return nil }
            usleep(1_000)
        }
        return milliseconds() - start
    }

    func stop() {
        worker.stop()
        XCTAssertNotNil(waitForReturn(), "the worker did not stop")
        close(listener)
        try? FileManager.default.removeItem(atPath: folder)
    }
}

final class MessageLog: Sendable {
    private let lines = Mutex<[String]>([])
    func append(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
}

func temporaryFolder() throws -> String {
    var template = Array("/tmp/fastcgi-XXXXXX".utf8CString)
    return try template.withUnsafeMutableBufferPointer { buffer in
        let name = try XCTUnwrap(buffer.baseAddress.flatMap { mkdtemp($0) })
        return String(cString: name)
    }
}
