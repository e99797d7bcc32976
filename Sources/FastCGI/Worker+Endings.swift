import Glibc
import Synchronization

/// What becomes of a connection after a request, and when the worker stops.
extension Worker {
    /// A fresh connection on which nothing was sent yet gets this long when the worker stops: its client
    /// has connected in order to send.
    private static let lastRequestMilliseconds = 1_000

    /// Ends a request, on whatever thread answered it.
    func finish(_ request: FastCGIRequest, _ assembler: Assembler) {
        if request.answer == .none {
            gate.write("error", "the application left a request without an answer")
            do throws(FastCGIError) {
                try request.send(status: 500, headers: [], body: [])
            } catch {
                request.breakOff()
            }
        }
        countRequest()
        let connection = request.connection
        switch request.finish() {
        case .keep: wait(connection, for: .next, assembler)
        case .close: closeConnection(connection)
        case .discard: assembler.take(connection, for: .discard, milliseconds: settings.requestReadMilliseconds)
        }
    }

    /// Lets a connection in service wait for a request, unless the worker stops.
    func wait(_ connection: Int32, for waiting: ConnectionTable.Waiting, _ assembler: Assembler) {
        // A connection that just brought a request is closed right behind the answer when the worker stops.
        if isStopping.load(ordering: .sequentiallyConsistent) { return end(connection, waiting, assembler) }
        connections.release(connection, as: waiting)
        let code = epoll.arm(connection)
        if code != 0, connections.claim(connection) != nil {
            gate.write("error", "a connection cannot be watched, errno \(code)")
            closeConnection(connection)
        } else if isStopping.load(ordering: .sequentiallyConsistent), connections.claim(connection) != nil {
            end(connection, waiting, assembler)
        }
    }

    /// When the worker stops: takes connections out of waiting, unless somebody else just did.
    func endWaiting(_ waiting: ConnectionTable.Waiting, _ assembler: Assembler) {
        for connection in connections.waiting(for: waiting) where connections.claim(connection) != nil {
            end(connection, waiting, assembler)
        }
    }

    private func end(_ connection: Int32, _ waiting: ConnectionTable.Waiting, _ assembler: Assembler) {
        switch waiting {
        case .first:
            epoll.remove(connection)
            assembler.take(connection, for: .request, milliseconds: Self.lastRequestMilliseconds)
        case .next:
            lastLook(connection)
        }
    }

    /// Closes a kept connection unless a request is on it. Nothing can slip in between looking and
    /// closing: on a unix socket the client can send nothing more once reading is shut down.
    private func lastLook(_ connection: Int32) {
        shutdown(connection, Int32(SHUT_RD))
        var octet: UInt8 = 0
        if recv(connection, &octet, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) > 0 {
            epoll.remove(connection)
            enqueue(.readable(connection))
        } else {
            closeConnection(connection)
        }
    }
}
