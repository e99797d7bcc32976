import Glibc

/// Why there is no listening socket.
package enum ListenerError: Error, Equatable, Sendable {
    /// The path does not fit into a socket address (107 octets on Linux), or is empty.
    case badPath(limit: Int)
    /// A server answers on this path already.
    case inUse(path: String)
    /// Something that is not a socket is at this path.
    case notASocket(path: String)
    /// The socket does not listen, or listens beyond this machine.
    case notLocal
    case system(SystemError)

    /// Why there is no socket, in one line for the operator.
    package var reason: String {
        switch self {
        case .badPath(let limit): "the path must have 1 to \(limit) octets"
        case .inUse(let path): "another server listens on \(path)"
        case .notASocket(let path): "\(path) exists and is not a socket"
        case .notLocal: "the socket does not listen, or can be reached from other machines"
        case .system(let error): error.description
        }
    }
}

/// Listening sockets for FastCGI. The protocol has no authentication, so only sockets that this machine
/// alone can reach are accepted.
package enum Listener {
    /// `sun_path` has 108 octets, one of them for the end.
    private static let maxPathOctets = 107

    /// Makes a listening unix socket with exactly these permissions, at no moment with wider ones.
    ///
    /// Replaces a socket that nobody answers on. Sets the umask of the process for a moment, so call it
    /// before other threads create files.
    package static func bind(path: String, mode: mode_t) throws(ListenerError) -> Int32 {
        guard !path.isEmpty, path.utf8.count <= maxPathOctets, !path.utf8.contains(0) else {
            throw .badPath(limit: maxPathOctets)
        }
        let folder = try lockFolder(of: path)
        defer { close(folder) }
        try removeStale(path)
        let descriptor = try makeSocket()
        do throws(ListenerError) {
            let previous = umask(0o777 & ~mode)
            let outcome = withAddress(path) { Glibc.bind(descriptor, $0, $1) }
            let code = errno
            umask(previous)
            if outcome != 0 { throw .system(SystemError(call: "bind", code: code)) }
            if listen(descriptor, SOMAXCONN) != 0 { throw .system(.last("listen")) }
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// The socket this process was started with: descriptor 0 (the FastCGI convention, spawn-fcgi, our
    /// master), or descriptor 3 when systemd passed it to this process. nil when there is none, or it is
    /// reachable from other machines.
    package static func inherited() -> Int32? {
        if (try? check(0)) != nil { return 0 }
        guard let pid = getenv("LISTEN_PID"), String(cString: pid) == String(getpid()),
            let count = getenv("LISTEN_FDS"), Int(String(cString: count)) == 1
        else { return nil }
        let first: Int32 = 3
        guard (try? check(first)) != nil else { return nil }
        _ = fcntl(first, F_SETFD, FD_CLOEXEC)
        return first
    }

    /// Throws unless the socket listens and is reachable from this machine only.
    static func check(_ descriptor: Int32) throws(ListenerError) {
        var listens: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0, listens != 0 else {
            throw .notLocal
        }
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let isLocal = withUnsafeMutablePointer(to: &storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) == 0 }
                && isLocalAddress(UnsafeRawPointer(storage))
        }
        if !isLocal { throw .notLocal }
    }

    private static func isLocalAddress(_ address: UnsafeRawPointer) -> Bool {
        switch Int32(address.loadUnaligned(as: sa_family_t.self)) {
        case AF_UNIX:
            return true
        case AF_INET:
            let internet = address.loadUnaligned(as: sockaddr_in.self)
            return UInt32(bigEndian: internet.sin_addr.s_addr) >> 24 == 127
        case AF_INET6:
            var internet = address.loadUnaligned(as: sockaddr_in6.self)
            return withUnsafeBytes(of: &internet.sin6_addr) { octets in
                octets.dropLast().allSatisfy { $0 == 0 } && octets.last == 1
            }
        default:
            return false
        }
    }

    private static func makeSocket() throws(ListenerError) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        if descriptor < 0 { throw .system(.last("socket")) }
        return descriptor
    }

    /// Locks the socket's folder, so that two servers starting at once do not remove each other's socket.
    private static func lockFolder(of path: String) throws(ListenerError) -> Int32 {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let folder = parts.isEmpty ? "." : parts.joined(separator: "/") + "/"
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor < 0 { throw .system(.last("open")) }
        guard flock(descriptor, LOCK_EX) == 0 else {
            close(descriptor)
            throw .system(.last("flock"))
        }
        return descriptor
    }

    private static func removeStale(_ path: String) throws(ListenerError) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw .system(.last("lstat"))
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
        let probe = try makeSocket()
        defer { close(probe) }
        _ = fcntl(probe, F_SETFL, O_NONBLOCK)
        let isAnswered = withAddress(path) { connect(probe, $0, $1) } == 0
        // Refused is what a socket file answers whose process is gone.
        guard !isAnswered, errno == ECONNREFUSED else { throw .inUse(path: path) }
        if unlink(path) != 0 { throw .system(.last("unlink")) }
    }

    private static func withAddress(_ path: String, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(maxPathOctets)) }
        return withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                call($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
