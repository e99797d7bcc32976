import Glibc

/// One connection to a server, plain or with TLS. Used by one thread at a time; closes itself at its end.
final class Wire: @unchecked Sendable {
    private let descriptor: Int32
    private var session: TLSSession?

    /// Connects to one of the addresses, which were checked, and to nothing else.
    init(
        to url: HTTPURL, _ addresses: [IPAddress], _ request: OutboundRequest, _ clock: CallClock, _ context: TLSContext
    ) throws(OutboundError) {
        descriptor = try Self.connect(addresses, url.port, request, clock)
        guard url.scheme == .https else { return }
        let session = try TLSSession(context, descriptor, url, verifies: request.verifiesCertificate)
        try session.handshake(clock, atMost: request.connectMilliseconds)
        self.session = session
    }

    deinit {
        session = nil
        close(descriptor)
    }

    /// Whether a kept connection can take another request: open, and with nothing unread.
    var isQuiet: Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) == 0
    }

    func write(_ octets: [UInt8], _ clock: CallClock) throws(OutboundError) {
        var at = 0
        while at < octets.count {
            let result = octets.withUnsafeBytes { buffer -> Result<Int, OutboundError> in
                let rest = UnsafeRawBufferPointer(rebasing: buffer[at...])
                do throws(OutboundError) { return .success(try writeSome(rest, clock)) } catch {
                    return .failure(error)
                }
            }
            at += try result.get()
        }
    }

    /// Some octets; empty when the other side has ended the connection.
    func read(_ clock: CallClock, _ phase: String) throws(OutboundError) -> [UInt8] {
        var problem: OutboundError?
        let octets = [UInt8](unsafeUninitializedCapacity: 16_384) { buffer, count in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            do throws(OutboundError) { count = try readSome(raw, clock, phase) } catch { problem = error }
        }
        if let problem { throw problem }
        return octets
    }

    private func writeSome(_ octets: UnsafeRawBufferPointer, _ clock: CallClock) throws(OutboundError) -> Int {
        if let session { return try session.write(octets, clock) }
        while true {
            let count = send(descriptor, octets.baseAddress, octets.count, Int32(MSG_NOSIGNAL))
            if count > 0 { return count }
            switch errno {
            case EAGAIN, EWOULDBLOCK: try clock.wait(descriptor, for: Int32(POLLOUT), "sending")
            case EINTR: continue
            default: throw .closed
            }
        }
    }

    private func readSome(
        _ buffer: UnsafeMutableRawBufferPointer, _ clock: CallClock, _ phase: String
    ) throws(OutboundError) -> Int {
        if let session { return try session.read(into: buffer, clock, phase) }
        while true {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count >= 0 { return count }
            switch errno {
            case EAGAIN, EWOULDBLOCK: try clock.wait(descriptor, for: Int32(POLLIN), phase)
            case EINTR: continue
            default: throw .closed
            }
        }
    }

    // MARK: - Connecting

    private static func connect(
        _ addresses: [IPAddress], _ port: Int, _ request: OutboundRequest, _ clock: CallClock
    ) throws(OutboundError) -> Int32 {
        var problem = OutboundError.cannotConnect
        for address in addresses {
            do throws(OutboundError) {
                return try connect(address, port, request, clock)
            } catch {
                problem = error
                if clock.remaining == 0 { break }
            }
        }
        throw problem
    }

    private static func connect(
        _ address: IPAddress, _ port: Int, _ request: OutboundRequest, _ clock: CallClock
    ) throws(OutboundError) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let (descriptor, isUnderWay) = address.withSocketAddress(port: port) { family, pointer, length in
            let descriptor = socket(family, kind, 0)
            guard descriptor >= 0 else { return (descriptor, false) }
            return (descriptor, Glibc.connect(descriptor, pointer, length) == 0 || errno == EINPROGRESS)
        }
        guard descriptor >= 0 else { throw .cannotConnect }
        do throws(OutboundError) {
            guard isUnderWay else { throw .cannotConnect }
            try clock.wait(descriptor, for: Int32(POLLOUT), "connecting", atMost: request.connectMilliseconds)
            var code: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0, code == 0 else {
                throw .cannotConnect
            }
            var on: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }
}
