import CFastCGI
import Glibc
import Locks
import Synchronization

/// What the threads of the direct lane do.
extension Worker {
    /// Octets of a request that is served without a detour through the assembler.
    private static let peekOctets = 64 << 10

    /// What the octets are that wait in a connection's buffer.
    private enum Look {
        case nothing, ended, incomplete
        case broken(RecordScan.Flaw)
        case complete(RecordScan, extra: Int)
    }

    /// Serves until the exit event.
    func serve(_ assembler: Assembler, _ lane: UpstreamLane) {
        withUnsafeTemporaryAllocation(byteCount: Self.peekOctets, alignment: 8) { scratch in
            while true {
                guard let ready = epoll.wait(milliseconds: -1) else { continue }
                if isExit(ready) { return }
                if ready == listener {
                    guard let connection = accept() else { continue }
                    serve(connection, was: .first, scratch, assembler, lane)
                } else if ready == pendingEvent.descriptor {
                    servePending(scratch, assembler, lane)
                } else if let waiting = connections.claim(ready) {
                    serve(ready, was: waiting, scratch, assembler, lane)
                }
            }
        }
    }

    private func servePending(
        _ scratch: UnsafeMutableRawBufferPointer, _ assembler: Assembler, _ lane: UpstreamLane
    ) {
        guard pendingEvent.take() else { return }
        switch pending.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
        case .request(let incoming): answer(incoming, assembler, lane)
        case .readable(let connection): serve(connection, was: .next, scratch, assembler, lane)
        case nil: break
        }
    }

    /// The next connection, counted as in service; nil when another thread or process was faster.
    private func accept() -> Int32? {
        // This thread may have been told of the listener before another one took the last place.
        guard connections.open(atMost: settings.maxConnections) else {
            epoll.remove(listener)
            watchListener()
            return nil
        }
        let connection = fastcgi_accept(listener)
        let code = errno
        // Last in the queue of processes that wait: the next connection goes to another worker.
        epoll.remove(listener)
        guard connection >= 0 else {
            if ![EAGAIN, EINTR, ECONNABORTED].contains(code) {
                gate.write("error", "accept failed, errno \(code)")
                // Out of descriptors or memory: the socket stays readable, so wait instead of spinning.
                usleep(50_000)
            }
            _ = connections.close()
            watchListener()
            return nil
        }
        watchListener()
        // A worker thread never waits for a read, by construction; these are the second line of defence.
        setTimeout(connection, SO_RCVTIMEO, settings.requestReadMilliseconds)
        setTimeout(connection, SO_SNDTIMEO, settings.sendMilliseconds)
        return connection
    }

    private func setTimeout(_ connection: Int32, _ option: Int32, _ milliseconds: Int) {
        var time = timeval(tv_sec: milliseconds / 1_000, tv_usec: milliseconds % 1_000 * 1_000)
        setsockopt(connection, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Serves a connection in service if a whole request has arrived, else puts it where it can wait.
    private func serve(
        _ connection: Int32, was waiting: ConnectionTable.Waiting, _ scratch: UnsafeMutableRawBufferPointer,
        _ assembler: Assembler, _ lane: UpstreamLane
    ) {
        switch look(at: connection, scratch) {
        case .nothing:
            wait(connection, for: waiting, assembler)
        case .ended:
            closeConnection(connection)
        case .incomplete:
            assembler.take(connection, for: .request, milliseconds: settings.requestReadMilliseconds)
        case .broken(let flaw):
            gate.write("warning", "a client sent \(flaw.rawValue), the connection is closed")
            closeConnection(connection)
        case .complete(let scan, let extra):
            let incoming = Incoming(
                connection: connection, collected: nil, scan: scan, exceedsLimit: false,
                limit: settings.maxRequestOctets, isReusable: extra == 0)
            answer(incoming, assembler, lane)
        }
    }

    private func look(at connection: Int32, _ scratch: UnsafeMutableRawBufferPointer) -> Look {
        let flags = Int32(MSG_PEEK | MSG_DONTWAIT)
        let count = recv(connection, scratch.baseAddress, scratch.count, flags)
        if count < 0 { return errno == EAGAIN || errno == EINTR ? .nothing : .ended }
        if count == 0 { return .ended }
        var scan = RecordScan()
        switch scan.feed(UnsafeRawBufferPointer(rebasing: scratch[..<count])) {
        case .incomplete: return .incomplete
        case .broken(let flaw): return .broken(flaw)
        case .complete(let extra): return .complete(scan, extra: extra)
        }
    }

    private func answer(_ incoming: Incoming, _ assembler: Assembler, _ lane: UpstreamLane) {
        let request: FastCGIRequest?
        do throws(SystemError) {
            request = try FastCGIRequest(adopting: incoming)
        } catch {
            gate.write("error", "no memory for a request: \(error)")
            closeConnection(incoming.connection)
            return
        }
        guard let request else {
            gate.write("warning", "libfcgi does not accept a request, the connection is closed")
            forgetConnection()
            return
        }
        switch application.lane(of: request) {
        case .direct:
            application.handle(request)
        case .upstream:
            if lane.submit(request) { return }
            application.refuse(request)
        }
        finish(request, assembler)
    }
}
