import Foundation
import XCTest

@testable import FastCGI

final class ListenerTests: XCTestCase {
    private var folder = ""

    override func setUpWithError() throws { folder = try temporaryFolder() }
    override func tearDownWithError() throws { try FileManager.default.removeItem(atPath: folder) }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        XCTAssertEqual(lstat(path, &status), 0)
        return status.st_mode & 0o777
    }

    func testTheSocketHasItsModeAndIsNotInherited() throws {
        let previous = umask(0)
        defer { umask(previous) }
        let listener = try Listener.bind(path: folder + "/s", mode: 0o660)
        defer { close(listener) }
        XCTAssertEqual(mode(folder + "/s"), 0o660)
        XCTAssertEqual(fcntl(listener, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC)
        XCTAssertEqual(umask(0), 0, "the umask is what it was")
    }

    func testAStaleSocketIsReplacedAndALiveOneIsNot() throws {
        let path = folder + "/s"
        close(try Listener.bind(path: path, mode: 0o600))
        let second = try Listener.bind(path: path, mode: 0o600)
        XCTAssertThrowsError(try Listener.bind(path: path, mode: 0o600)) {
            XCTAssertEqual($0 as? ListenerError, .inUse(path: path))
        }
        XCTAssertNoThrow(try RecordClient(path), "the live socket is untouched")
        close(second)
    }

    func testAFileThatIsNoSocketIsNotRemoved() throws {
        let path = folder + "/file"
        XCTAssertTrue(FileManager.default.createFile(atPath: path, contents: Data("kept".utf8)))
        XCTAssertThrowsError(try Listener.bind(path: path, mode: 0o600)) {
            XCTAssertEqual($0 as? ListenerError, .notASocket(path: path))
        }
        XCTAssertEqual(FileManager.default.contents(atPath: path), Data("kept".utf8))
    }

    func testPathsThatDoNotFitAreRefused() throws {
        let fitting = folder + "/" + String(repeating: "p", count: 107 - folder.utf8.count - 1)
        close(try Listener.bind(path: fitting, mode: 0o600))
        for path in [fitting + "p", "", folder + "/a\0b"] {
            XCTAssertThrowsError(try Listener.bind(path: path, mode: 0o600)) {
                XCTAssertEqual($0 as? ListenerError, .badPath(limit: 107))
            }
        }
        XCTAssertThrowsError(try Listener.bind(path: folder + "/none/s", mode: 0o600)) {
            XCTAssertEqual($0 as? ListenerError, .system(SystemError(call: "open", code: ENOENT)))
        }
    }

    func testOnlyListeningSocketsOfThisMachineAreServed() throws {
        func tcp(_ address: UInt32) throws -> Int32 {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var internet = sockaddr_in()
            internet.sin_family = sa_family_t(AF_INET)
            internet.sin_addr.s_addr = address.bigEndian
            let outcome = withUnsafePointer(to: &internet) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            XCTAssertEqual(outcome, 0)
            XCTAssertEqual(listen(descriptor, 1), 0)
            return descriptor
        }
        let loopback = try tcp(0x7f00_0001)
        let anywhere = try tcp(0)
        let unconnected = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { for descriptor in [loopback, anywhere, unconnected] { close(descriptor) } }
        XCTAssertNoThrow(try Listener.check(loopback))
        for descriptor in [anywhere, unconnected, -1] {
            XCTAssertThrowsError(try Listener.check(descriptor)) { XCTAssertEqual($0 as? ListenerError, .notLocal) }
        }
    }
}
