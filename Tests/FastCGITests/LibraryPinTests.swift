import CFastCGI
import Glibc
import XCTest

/// Pins what `FastCGIRequest` relies on and libfcgi does not promise.
final class LibraryPinTests: XCTestCase {
    private var ours: Int32 = -1
    private var theirs: Int32 = -1
    private var handle = UnsafeMutablePointer<FCGX_Request>.allocate(capacity: 1)

    override func setUp() {
        signal(SIGPIPE, SIG_IGN)
        XCTAssertEqual(FCGX_Init(), 0)
        var ends: [Int32] = [-1, -1]
        XCTAssertEqual(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends), 0)
        (ours, theirs) = (ends[0], ends[1])
        XCTAssertEqual(FCGX_InitRequest(handle, -1, 0), 0)
        handle.pointee.ipcFd = ours
        handle.pointee.keepConnection = 1
        handle.pointee.detached = 1
    }

    override func tearDown() {
        close(theirs)
        handle.deallocate()
    }

    private func give(_ octets: [UInt8]) { XCTAssertEqual(write(theirs, octets, octets.count), octets.count) }

    private func isOpen(_ descriptor: Int32) -> Bool { fcntl(descriptor, F_GETFD) >= 0 }

    func testAcceptAdoptsADescriptorThatItDidNotAccept() throws {
        give(Records.request([("COLOUR", "blue")], keep: true))
        XCTAssertEqual(FCGX_Accept_r(handle), 0)
        XCTAssertEqual(handle.pointee.ipcFd, ours)
        XCTAssertEqual(handle.pointee.keepConnection, 1)
        let value = try XCTUnwrap(FCGX_GetParam("COLOUR", handle.pointee.envp))
        XCTAssertEqual(String(cString: value), "blue")
        XCTAssertEqual(handle.pointee.envp.pointee.map { String(cString: $0) }, "FCGI_ROLE=RESPONDER")
        FCGX_Free(handle, 0)
        XCTAssertTrue(isOpen(ours), "Free without close leaves the descriptor to its owner")
        close(ours)
    }

    func testTheClientsWishToKeepTheConnectionIsInTheRequest() {
        give(Records.request(keep: false))
        XCTAssertEqual(FCGX_Accept_r(handle), 0)
        XCTAssertEqual(handle.pointee.keepConnection, 0)
        FCGX_Free(handle, 0)
        close(ours)
    }

    func testARefusedRequestClosesTheDescriptorAndFailsInsteadOfAccepting() {
        give(Records.begin(role: 9) + Records.stream(4, []))
        let start = milliseconds()
        XCTAssertEqual(FCGX_Accept_r(handle), -EBADF)
        XCTAssertLessThan(milliseconds() - start, 500, "a detached descriptor is closed without lingering")
        XCTAssertFalse(isOpen(ours))
        XCTAssertEqual(handle.pointee.ipcFd, -1)
    }

    func testTheDescriptorCanChangeBetweenReadingAndWriting() {
        let file = fastcgi_memory_file()
        defer { close(file) }
        let request = Records.request(body: Array("hello".utf8))
        XCTAssertEqual(write(file, request, request.count), request.count)
        lseek(file, 0, SEEK_SET)
        handle.pointee.ipcFd = file
        XCTAssertEqual(FCGX_Accept_r(handle), 0)
        var text = [CChar](repeating: 0, count: 5)
        XCTAssertEqual(FCGX_GetStr(&text, 5, handle.pointee.in), 5)
        handle.pointee.ipcFd = ours
        XCTAssertEqual(FCGX_PutStr(text, 5, handle.pointee.out), 5)
        XCTAssertEqual(FCGX_FClose(handle.pointee.err), 0)
        XCTAssertEqual(FCGX_FClose(handle.pointee.out), 0)
        FCGX_Free(handle, 0)
        close(ours)
        var answer = [UInt8](repeating: 0, count: 64)
        let count = read(theirs, &answer, 64)
        let end = Records.record(6, []) + Records.record(3, [UInt8](repeating: 0, count: 8))
        XCTAssertEqual(Array(answer.prefix(count)), Records.record(6, Array("hello".utf8), padding: 3) + end)
    }

    func testALongBodyIsReadToItsEndWithoutAnError() {
        let body = [UInt8](repeating: 7, count: 40_000)
        give(Records.request(body: body))
        XCTAssertEqual(FCGX_Accept_r(handle), 0)
        var scratch = [CChar](repeating: 0, count: 50_000)
        XCTAssertEqual(FCGX_GetStr(&scratch, 50_000, handle.pointee.in), 40_000)
        XCTAssertEqual(FCGX_GetError(handle.pointee.in), 0)
        FCGX_Free(handle, 0)
        close(ours)
    }
}
