import Glibc
import XCTest

/// A FastCGI client on a unix socket that can also do what no web server does.
final class RecordClient {
    /// What came back for one request.
    struct Answer: Equatable {
        var output: [UInt8] = []
        /// Whether the application ended the request, rather than the connection ending.
        var isWhole = false

        var text: String { String(decoding: output, as: UTF8.self) }
        var head: String { text.components(separatedBy: "\r\n\r\n").first ?? "" }
        var body: String { text.components(separatedBy: "\r\n\r\n").dropFirst().joined(separator: "\r\n\r\n") }
        var status: String { head.components(separatedBy: "\r\n").first ?? "" }
    }

    struct Refused: Error { let code: Int32 }

    let descriptor: Int32
    private var isOpen = true

    init(_ path: String, receiveMilliseconds: Int = 10_000) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let outcome = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if outcome != 0 {
            let code = errno
            close(descriptor)
            isOpen = false
            throw Refused(code: code)
        }
        var time = timeval(tv_sec: receiveMilliseconds / 1_000, tv_usec: receiveMilliseconds % 1_000 * 1_000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { hangUp() }

    func hangUp() {
        if isOpen { close(descriptor) }
        isOpen = false
    }

    /// Sends all of it; false when the other side closed or does not take it.
    @discardableResult
    func send(_ octets: [UInt8]) -> Bool {
        var sent = 0
        while sent < octets.count {
            let count = octets.withUnsafeBytes {
                Glibc.send(
                    descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }

    /// The octets that the next `count` are; fewer when the connection ends or nothing comes.
    func receive(_ count: Int) -> [UInt8] {
        var octets = [UInt8](repeating: 0, count: count)
        var received = 0
        while received < count {
            let part = octets.withUnsafeMutableBytes {
                recv(descriptor, $0.baseAddress?.advanced(by: received), $0.count - received, 0)
            }
            if part <= 0 { break }
            received += part
        }
        return Array(octets.prefix(received))
    }

    /// The next record; nil when the connection ended.
    func nextRecord() -> (type: UInt8, content: [UInt8])? {
        let header = receive(8)
        guard header.count == 8 else { return nil }
        let content = receive(Int(header[4]) << 8 | Int(header[5]))
        _ = receive(Int(header[6]))
        return (header[1], content)
    }

    /// Everything until the end of the request or of the connection.
    func answer() -> Answer {
        var answer = Answer()
        while let (type, content) = nextRecord() {
            if type == 6 { answer.output += content }
            if type == 3 {
                answer.isWhole = true
                break
            }
        }
        return answer
    }

    func exchange(_ request: [UInt8]) -> Answer {
        send(request)
        return answer()
    }

    /// Whether something arrives, or the other side closes, in this time. Nothing is read.
    func hears(withinMilliseconds limit: Int32) -> Bool {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&waiting, 1, limit) > 0
    }

    /// Milliseconds until the other side closes; nil when it does not within the client's patience.
    func millisecondsUntilClosed() -> Int? {
        let start = milliseconds()
        var octet: UInt8 = 0
        let count = recv(descriptor, &octet, 1, 0)
        let isClosed = count == 0 || (count < 0 && errno == ECONNRESET)
        return isClosed ? milliseconds() - start : nil
    }
}

/// A clock for tests.
func milliseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
}
