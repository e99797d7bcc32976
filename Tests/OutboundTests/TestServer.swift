import COpenSSL
import Foundation
import Synchronization
import XCTest

/// A server on loopback that does with every connection what a test says, on a thread of its own.
final class TestServer: Sendable {
    let port: Int
    private let listener: Int32
    private let state = Mutex(State())
    private let tls: ServerTLS?
    private let behaviour: @Sendable (ServerConnection) -> Void

    private struct State {
        var open: Set<Int32> = []
        var threads = 0
        var accepted = 0
        var isStopping = false
    }

    init(tls: ServerTLS? = nil, _ behaviour: @escaping @Sendable (ServerConnection) -> Void) throws {
        signal(SIGPIPE, SIG_IGN)
        self.tls = tls
        self.behaviour = behaviour
        (listener, port) = try Self.listen()
        state.withLock { $0.threads = 1 }
        Thread { [self] in acceptAll() }.start()
    }

    var accepted: Int { state.withLock { $0.accepted } }

    func url(_ path: String = "/", scheme: String? = nil, host: String = "127.0.0.1") throws -> String {
        "\(scheme ?? (tls == nil ? "http" : "https"))://\(host):\(port)\(path)"
    }

    /// Ends every connection and waits until all threads have ended.
    func stop() {
        state.withLock { state in
            state.isStopping = true
            for descriptor in state.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
        shutdown(listener, Int32(SHUT_RDWR))
        let limit = Date(timeIntervalSinceNow: 10)
        while state.withLock({ $0.threads > 0 }), Date() < limit { usleep(2_000) }
        XCTAssertEqual(state.withLock { $0.threads }, 0, "a thread of the test server did not end")
        close(listener)
    }

    private static func listen() throws -> (Int32, Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) | Glibc.listen(descriptor, 256) | getsockname(descriptor, $0, &length)
            }
        }
        guard status == 0 else { throw POSIXError(.EADDRINUSE) }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    private func acceptAll() {
        while true {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else { break }
            let mayServe = state.withLock { state in
                state.accepted += 1
                guard !state.isStopping else { return false }
                state.open.insert(descriptor)
                state.threads += 1
                return true
            }
            guard mayServe else {
                close(descriptor)
                break
            }
            Thread { [self] in serve(descriptor) }.start()
        }
        state.withLock { $0.threads -= 1 }
    }

    private func serve(_ descriptor: Int32) {
        let isStopping: @Sendable () -> Bool = { [self] in state.withLock { $0.isStopping } }
        let connection = ServerConnection(descriptor, isStopping)
        if tls.map({ connection.startTLS($0) }) ?? true { behaviour(connection) }
        connection.end()
        state.withLock { state in
            state.open.remove(descriptor)
            close(descriptor)
            state.threads -= 1
        }
    }
}

/// One accepted connection; every method does nothing, or returns nil, once the other side or the server has ended it.
final class ServerConnection {
    private let descriptor: Int32
    private var session: OpaquePointer?
    private let stopping: () -> Bool

    init(_ descriptor: Int32, _ stopping: @escaping () -> Bool) {
        self.descriptor = descriptor
        self.stopping = stopping
    }

    func startTLS(_ tls: ServerTLS) -> Bool {
        session = SSL_new(tls.pointer)
        SSL_set_fd(session, descriptor)
        return SSL_accept(session) == 1
    }

    /// Head and body of the next request.
    func readRequest() -> String? {
        var octets: [UInt8] = []
        while true {
            let text = String(decoding: octets, as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n") {
                let head = text[..<end.lowerBound].lowercased()
                let line = head.components(separatedBy: "\r\n").first { $0.hasPrefix("content-length: ") }
                let length = line.flatMap { Int($0.dropFirst("content-length: ".count)) } ?? 0
                if text[end.upperBound...].utf8.count >= length { return text }
            }
            guard let more = read() else { return nil }
            octets += more
        }
    }

    func read() -> [UInt8]? {
        var space = [UInt8](repeating: 0, count: 65_536)
        let count = session.map { Int(SSL_read($0, &space, 65_536)) } ?? recv(descriptor, &space, space.count, 0)
        return count > 0 ? Array(space.prefix(count)) : nil
    }

    /// False when the other side has gone.
    @discardableResult
    func write(_ octets: [UInt8]) -> Bool {
        var sent = 0
        while sent < octets.count {
            let rest = Array(octets[sent...])
            let count =
                session.map { Int(SSL_write($0, rest, Int32(rest.count))) }
                ?? send(descriptor, rest, rest.count, Int32(MSG_NOSIGNAL))
            guard count > 0, !stopping() else { return false }
            sent += count
        }
        return true
    }

    @discardableResult
    func write(_ text: String) -> Bool { write(Array(text.utf8)) }

    /// Writes one octet every so many milliseconds.
    func drip(_ text: String, everyMilliseconds interval: UInt32) {
        for octet in text.utf8 {
            guard write([octet]) else { return }
            usleep(interval * 1_000)
        }
    }

    /// Waits until the other side ends the connection.
    func waitForEnd() {
        while read() != nil {}
    }

    /// Makes the end of the connection a reset.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    /// The end without the notice that TLS demands.
    func cut() {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    func end() {
        guard let session else { return }
        ERR_clear_error()
        SSL_shutdown(session)
        SSL_free(session)
        self.session = nil
    }
}
