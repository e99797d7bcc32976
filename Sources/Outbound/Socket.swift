import Glibc

/// What one attempt to move octets over a non-blocking connection came to.
enum Transfer {
    case moved(Int)
    /// Nothing was moved; try again once poll reports these events.
    case wants(Int16)
    /// The other side has ended the connection in an orderly way.
    case ended
    case failed(OutboundError)
}

/// The limits of waiting on a connection.
struct Pace {
    let deadline: Moment
    /// The longest wait for one event.
    let idleMilliseconds: Int
}

/// One non-blocking TCP socket; connected once its initialiser has returned.
final class Socket {
    let descriptor: Int32

    /// Throws `cannotConnect` or `timedOut(.connection)`; says nothing more about what is there.
    init(connectingTo address: IPAddress, port: Int, until deadline: Moment) throws(OutboundError) {
        let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        descriptor = socket(address.isIPv4 ? AF_INET : AF_INET6, Int32(kind), 0)
        guard descriptor >= 0 else { throw .cannotConnect }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        let result = address.withSocketAddress(port: port) { connect(descriptor, $0, $1) }
        if result == 0 { return }
        // After EINTR the connection goes on being made, as after EINPROGRESS.
        guard errno == EINPROGRESS || errno == EINTR else { throw .cannotConnect }
        let pace = Pace(deadline: deadline, idleMilliseconds: .max)
        try wait(for: Int16(POLLOUT), pace, .connection)
        var problem: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &problem, &length) == 0, problem == 0 else {
            throw .cannotConnect
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Returns when one of the events, an error or a hang-up is there. Throws `timedOut(phase)`.
    func wait(for events: Int16, _ pace: Pace, _ phase: OutboundError.Phase) throws(OutboundError) {
        let limit = min(pace.deadline, Moment.now.adding(milliseconds: pace.idleMilliseconds))
        while true {
            let remaining = limit.remainingMilliseconds
            guard remaining > 0 else { throw .timedOut(phase) }
            var entry = pollfd(fd: descriptor, events: events, revents: 0)
            let count = poll(&entry, 1, Int32(clamping: remaining))
            if count > 0 { return }
            guard count == 0 || errno == EINTR else { throw .closed }
        }
    }

    /// Whether nothing waits to be read: no octets, no end, no error.
    var isQuiet: Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) == 0
    }

    func send(_ octets: UnsafeRawBufferPointer) -> Transfer {
        let count = Glibc.send(descriptor, octets.baseAddress, octets.count, Int32(MSG_NOSIGNAL))
        return count >= 0 ? .moved(count) : failure(Int16(POLLOUT))
    }

    func receive(into space: UnsafeMutableRawBufferPointer) -> Transfer {
        let count = recv(descriptor, space.baseAddress, space.count, 0)
        if count == 0 { return .ended }
        return count > 0 ? .moved(count) : failure(Int16(POLLIN))
    }

    private func failure(_ events: Int16) -> Transfer {
        let isTemporary = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR
        return isTemporary ? .wants(events) : .failed(.closed)
    }
}
