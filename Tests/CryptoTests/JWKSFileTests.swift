import Foundation
import Synchronization
import XCTest

@testable import Crypto

final class JWKSFileTests: XCTestCase {
    private var folder = URL(fileURLWithPath: "/")
    private var path: String { folder.appendingPathComponent("jwks.json").path }
    private let events = Events()

    /// What the file reported, from whichever thread.
    private final class Events: Sendable {
        private let list = Mutex<[JWKSFileEvent]>([])
        func add(_ event: JWKSFileEvent) { list.withLock { $0.append(event) } }
        func take() -> [JWKSFileEvent] {
            list.withLock { list in
                defer { list = [] }
                return list
            }
        }
    }

    /// That the thread which writes has ended, so that the folder can go.
    private final class Finish: Sendable {
        private let semaphore = DispatchSemaphore(value: 0)
        func finish() { semaphore.signal() }
        func wait() -> DispatchTimeoutResult { semaphore.wait(timeout: .now() + 30) }
    }

    override func setUpWithError() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("jwks-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    override func tearDownWithError() throws { try FileManager.default.removeItem(at: folder) }

    private func write(_ ids: String...) throws {
        let keys = ids.map {
            #"{"kty":"OKP","crv":"Ed25519","kid":"\#($0)","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
        }
        try Data("{\"keys\":[\(keys.joined(separator: ","))]}".utf8).write(
            to: URL(fileURLWithPath: path), options: .atomic)
    }

    private func open() throws -> JWKSFile {
        let events = events
        return try JWKSFile(path: path) { events.add($0) }
    }

    /// A reading of the clock far enough ahead that the file is looked at again.
    private var later: Int64 {
        clock += 1_000
        return clock
    }
    private var clock: Int64 = 1 << 40

    func testAChangedFileIsReadAgain() throws {
        try write("a")
        let file = try open()
        XCTAssertEqual(file.keys().summary, ["EdDSA a"])
        try write("a", "b")
        XCTAssertEqual(file.keys(at: later).summary, ["EdDSA a", "EdDSA b"])
        XCTAssertEqual(events.take(), [.loaded(keys: 2)])
        XCTAssertEqual(file.keys(at: later).count, 2)
        XCTAssertEqual(events.take(), [])
    }

    func testOnlyALoadedVersionHasAHigherGeneration() throws {
        try write("a")
        let file = try open()
        XCTAssertEqual(file.current().generation, 0)
        try Data("{".utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        XCTAssertEqual(file.version(at: later).generation, 0)
        try write("a", "b")
        let version = file.version(at: later)
        XCTAssertEqual(version.generation, 1)
        XCTAssertEqual(version.keys.count, 2)
        XCTAssertEqual(file.version(at: later).generation, 1)
    }

    func testTheFileIsLookedAtOnceASecondAtMost() throws {
        try write("a")
        let file = try open()
        let start = later
        XCTAssertEqual(file.keys(at: start).count, 1)
        try write("a", "b")
        XCTAssertEqual(file.keys(at: start + 999).count, 1)
        XCTAssertEqual(file.keys(at: start + 1_000).count, 2)
    }

    func testABrokenFileKeepsTheKeysAndIsReportedOnce() throws {
        try write("a")
        let file = try open()
        for text in [
            "", "{", #"{"keys":[]}"#, #"{"keys":[{"kty":"oct","alg":"HS256","k":"AA"}]}"#,
            String(repeating: " ", count: 200_000),
        ] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
            XCTAssertEqual(file.keys(at: later).summary, ["EdDSA a"])
            XCTAssertEqual(file.keys(at: later).summary, ["EdDSA a"])
            let reported = events.take()
            guard reported.count == 1, case .kept(let reason)? = reported.first else {
                XCTFail("\(reported)")
                continue
            }
            XCTAssertFalse(reason.isEmpty)
        }
        try write("b")
        XCTAssertEqual(file.keys(at: later).summary, ["EdDSA b"])
        XCTAssertEqual(events.take(), [.loaded(keys: 1)])
    }

    func testAMissingFileKeepsTheKeysUntilItIsBack() throws {
        try write("a")
        let file = try open()
        try FileManager.default.removeItem(atPath: path)
        XCTAssertEqual(file.keys(at: later).count, 1)
        XCTAssertEqual(file.keys(at: later).count, 1)
        XCTAssertEqual(events.take().count, 1)
        try write("b")
        XCTAssertEqual(file.keys(at: later).summary, ["EdDSA b"])
    }

    func testAStartWithoutAcceptableKeysFails() throws {
        XCTAssertThrowsError(try open())
        try Data("{".utf8).write(to: URL(fileURLWithPath: path))
        XCTAssertThrowsError(try open())
        try FileManager.default.removeItem(atPath: path)
        XCTAssertEqual(mkfifo(path, 0o600), 0)
        assertThrows(.malformed("\(path) is not a regular file")) { _ = try open() }
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        XCTAssertThrowsError(try open())
    }

    func testManyThreadsReadWhileTheFileChanges() throws {
        try write("a")
        let file = try open()
        let start = later
        let path = path
        let writer = Finish()
        Thread.detachNewThread {
            defer { writer.finish() }
            for turn in 0..<50 {
                let text =
                    turn.isMultiple(of: 2)
                    ? "{"
                    : #"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"b","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#
                try? Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
                usleep(1_000)
            }
        }
        let results = onThreads(8) {
            (0..<500).allSatisfy { turn in file.keys(at: start + Int64(turn) * 1_000).count == 1 }
        }
        XCTAssertEqual(results, Array(repeating: true, count: 8))
        XCTAssertEqual(writer.wait(), .success)
    }
}
