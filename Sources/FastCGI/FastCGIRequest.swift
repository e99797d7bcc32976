import CFastCGI
import Glibc

/// One request as libfcgi parsed it; used by one thread at a time.
///
/// It borrows the connection: libfcgi reads and writes the descriptor but never closes it once the
/// request exists. The descriptor's owner is the worker, which gets it back from `finish()`.
package final class FastCGIRequest {
    /// How far the answer is.
    enum Answer { case none, streaming, done, brokenOff }

    /// What becomes of the connection after the request.
    enum Ending: Equatable {
        case keep, close
        /// The client is still sending a body that nobody wants: read it away before closing.
        case discard
    }

    let handle: UnsafeMutablePointer<FCGX_Request>
    let connection: Int32
    let incoming: Incoming
    private let memoryFile: Int32?
    private let clientKeeps: Bool
    var answer = Answer.none
    var isBodyRead = false

    /// Lets libfcgi parse a request that has wholly arrived.
    ///
    /// libfcgi has no call for it: with `listen_sock` -1 it cannot accept, and takes the descriptor in
    /// `ipcFd` because `keepConnection` says that it belongs to an earlier request. `detached` stops it
    /// from lingering when it closes one. These fields are private to libfcgi; a test pins them.
    ///
    /// nil when libfcgi does not accept the octets; it has closed the connection then. Throws when there
    /// is no memory for the request; the connection is still open then.
    init?(adopting incoming: Incoming) throws(SystemError) {
        let file = try incoming.memoryFile()
        let handle = UnsafeMutablePointer<FCGX_Request>.allocate(capacity: 1)
        FCGX_InitRequest(handle, -1, 0)
        handle.pointee.ipcFd = file ?? incoming.connection
        handle.pointee.keepConnection = 1
        handle.pointee.detached = 1
        guard FCGX_Accept_r(handle) == 0 else {
            handle.deallocate()
            if file != nil { close(incoming.connection) }
            return nil
        }
        self.handle = handle
        var parsed = incoming
        parsed.collected = nil
        self.incoming = parsed
        connection = incoming.connection
        memoryFile = file
        clientKeeps = handle.pointee.keepConnection != 0
        handle.pointee.ipcFd = incoming.connection
    }

    deinit {
        FCGX_Free(handle, 0)
        handle.deallocate()
        if let memoryFile { close(memoryFile) }
    }

    /// Whether the client has closed the connection; one system call.
    package var clientIsGone: Bool {
        if answer == .brokenOff { return true }
        let closed = Int16(fastcgi_poll_peer_closed)
        var entry = pollfd(fd: connection, events: closed, revents: 0)
        let ended = closed | Int16(POLLHUP | POLLERR | POLLNVAL)
        return poll(&entry, 1, 0) > 0 && entry.revents & ended != 0
    }

    /// Reads with libfcgi from where the octets are, which is not where the answer goes.
    func reading<Value>(_ read: (UnsafeMutablePointer<FCGX_Stream>) -> Value) -> Value? {
        guard let stream = handle.pointee.in else { return nil }
        handle.pointee.ipcFd = memoryFile ?? connection
        defer { handle.pointee.ipcFd = connection }
        return read(stream)
    }

    /// Ends the answer and says what to do with the connection. The request must not be used afterwards;
    /// libfcgi's memory is freed when it goes, which is not before the connection was seen to.
    func finish() -> Ending {
        let isDrained = drain()
        if answer == .brokenOff {
            shutdown(connection, Int32(SHUT_RDWR))
        }
        let errors = FCGX_FClose(handle.pointee.err)
        let output = FCGX_FClose(handle.pointee.out)
        guard errors == 0, output == 0, answer != .brokenOff else { return .close }
        if incoming.exceedsLimit { return .discard }
        return clientKeeps && incoming.isReusable && isDrained ? .keep : .close
    }
}
