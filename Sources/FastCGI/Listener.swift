import CFastCGI
import Glibc

/// Why there is no listening socket.
package struct ListenerError: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ what: String, errno code: Int32? = nil) {
        description = code.map { "\(what): \(String(cString: strerror($0)))" } ?? what
    }
}

/// Where requests come in.
package enum Listener {
    /// Binds a unix socket. A socket file that nobody answers on is replaced; one that somebody serves is an error.
    /// The file is never open to others for a moment: the mode is set by the mask before it exists.
    package static func bind(path: String, mode: mode_t = 0o660) throws(ListenerError) -> Int32 {
        var address = try unixAddress(path)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw ListenerError("socket", errno: errno) }
        do throws(ListenerError) {
            try removeStale(path, &address)
            // bind() makes the file, with what the mask leaves of it.
            let mask = umask(0o777 & ~mode)
            let result = withAddress(&address) { Glibc.bind(descriptor, $0, $1) }
            let code = errno
            umask(mask)
            guard result == 0 else { throw ListenerError("cannot bind \(path)", errno: code) }
            guard listen(descriptor, 1_024) == 0 else { throw ListenerError("cannot listen on \(path)", errno: errno) }
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// A socket that whoever started us is listening on: systemd passes descriptor 3 (LISTEN_FDS, LISTEN_PID),
    /// spawn-fcgi and our own master descriptor 0. Nil when there is none.
    package static func inherited() -> Int32? {
        if let process = getenv("LISTEN_PID"), atoi(process) == getpid(), let count = getenv("LISTEN_FDS"),
            atoi(count) >= 1, isListening(3)
        {
            // Children get it as descriptor 0, and once is enough.
            _ = fcntl(3, F_SETFD, FD_CLOEXEC)
            return 3
        }
        return isListening(0) ? 0 : nil
    }

    private static func isListening(_ descriptor: Int32) -> Bool {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &value, &length) == 0 && value != 0
    }

    private static func removeStale(_ path: String, _ address: inout sockaddr_un) throws(ListenerError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw ListenerError("\(path) exists and is not a socket") }
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard probe >= 0 else { throw ListenerError("socket", errno: errno) }
        defer { close(probe) }
        // A server whose queue is full answers EAGAIN: only this one means that there is none.
        let isServed = withAddress(&address) { connect(probe, $0, $1) } == 0 || errno != ECONNREFUSED
        guard !isServed else { throw ListenerError("another server listens on \(path)") }
        guard unlink(path) == 0 else { throw ListenerError("cannot replace \(path)", errno: errno) }
    }

    private static func unixAddress(_ path: String) throws(ListenerError) -> sockaddr_un {
        var address = sockaddr_un()
        guard providerd_unix_address(path, UInt(path.utf8.count), &address) == 0 else {
            throw ListenerError("\(path) is longer than the 107 octets of a socket's address")
        }
        return address
    }

    private static func withAddress(
        _ address: inout sockaddr_un, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
