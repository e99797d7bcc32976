import Dispatch
import Foundation
import Synchronization

/// An HTTP server on loopback that answers each request with the next line of its script and remembers what it was asked.
final class ScriptedServer: Sendable {
    enum Step: Sendable {
        /// `ORIGIN` in the body becomes the server's own.
        case answer(Int, _ body: String, headers: [(String, String)] = [])
        /// Octets as they are, after which the connection ends.
        case raw(String)
        /// What somebody else makes of the request.
        case made(@Sendable (Asked) -> Step)
        /// Nothing until the client goes away.
        case silence
    }

    struct Asked: Sendable, Equatable {
        let method: String
        let target: String
        let headers: [String: String]
        let body: String
    }

    let port: UInt16
    private let listener: Int32
    private let script: Mutex<[Step]>
    private let log = Mutex<[Asked]>([])
    private let open = Mutex<Set<Int32>>([])
    private let hasEnded = DispatchSemaphore(value: 0)

    var origin: String { "http://127.0.0.1:\(port)" }
    var asked: [Asked] { log.withLock { $0 } }

    init(_ script: [Step]) throws {
        self.script = Mutex(script)
        (listener, port) = try Self.listen()
        let thread = Thread { [self] in accept() }
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// Ends all connections and waits for the thread, which closes the listener: closed here, its number could be
    /// another server's before the thread notices.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        open.withLock { descriptors in descriptors.forEach { shutdown($0, Int32(SHUT_RDWR)) } }
        _ = hasEnded.wait(timeout: .now() + 10)
    }

    private func accept() {
        defer {
            close(listener)
            hasEnded.signal()
        }
        while true {
            let connection = Glibc.accept(listener, nil, nil)
            guard connection >= 0 else { return }
            var limit = timeval(tv_sec: 5, tv_usec: 0)
            setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            open.withLock { _ = $0.insert(connection) }
            serve(connection)
            open.withLock { _ = $0.remove(connection) }
            close(connection)
        }
    }

    private func serve(_ connection: Int32) {
        guard let asked = Self.read(connection) else { return }
        log.withLock { $0.append(asked) }
        answer(
            connection, asked, script.withLock { $0.isEmpty ? .answer(418, "the script has ended") : $0.removeFirst() })
    }

    private func answer(_ connection: Int32, _ asked: Asked, _ step: Step) {
        switch step {
        case .made(let make): answer(connection, asked, make(asked))
        case .answer(let status, let text, let headers):
            let body = text.replacingOccurrences(of: "ORIGIN", with: origin)
            let fields = headers.map { "\($0): \($1)\r\n" }.joined()
            let length = "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n"
            Self.write(connection, "HTTP/1.1 \(status) Status\r\n\(fields)\(length)\r\n\(body)")
        case .raw(let text): Self.write(connection, text)
        case .silence:
            var octet: UInt8 = 0
            recv(connection, &octet, 1, 0)
        }
    }

    private static func read(_ connection: Int32) -> Asked? {
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let text = String(decoding: received, as: UTF8.self)
            if let asked = parse(text) { return asked }
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            received += buffer[0..<count]
        }
    }

    private static func parse(_ text: String) -> Asked? {
        guard let end = text.range(of: "\r\n\r\n") else { return nil }
        let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
        let first = lines[0].components(separatedBy: " ")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.components(separatedBy: ": ")
            headers[parts[0].lowercased()] = parts.dropFirst().joined(separator: ": ")
        }
        let body = String(text[end.upperBound...])
        guard body.utf8.count >= Int(headers["content-length"] ?? "0") ?? 0, first.count == 3 else { return nil }
        return Asked(method: first[0], target: first[1], headers: headers, body: body)
    }

    private static func write(_ connection: Int32, _ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    private static func listen() throws -> (Int32, UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && Glibc.listen(descriptor, 16) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }
}
