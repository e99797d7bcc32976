import Glibc
import Locks

/// What happened to a watched JWKS file.
package enum JWKSFileEvent: Sendable, Equatable {
    /// New keys are in use. Cached verifications must be dropped: a key may have been withdrawn.
    case loaded(keys: Int)
    /// The file is missing or not acceptable; the keys from before stay in use.
    case kept(reason: String)
}

/// A JWKS in a file that is read again when it changes.
///
/// The file is looked at once a second at most, by whichever caller comes first; the others go on with the keys they
/// have. Replace the file by renaming a new one over it: a file read half-written is refused and read again when
/// its time, size or inode changes. Each refused version is reported once.
package final class JWKSFile: Sendable {
    /// One version of the keys.
    package struct Version: Sendable {
        package let keys: JWTKeySet
        /// 0 at the start, one more for each version that was loaded: of two, the higher is the newer.
        package let generation: Int
    }

    private struct State {
        var current: Version
        var seen: FileVersion?
        var lastLook: Int64
    }

    private static let millisecondsBetweenLooks: Int64 = 1_000

    private let path: String
    private let report: @Sendable (JWKSFileEvent) -> Void
    private let state: Guarded<State>

    /// Reads the file. Throws `malformed` or `library` when it has no acceptable keys: a start with a broken file is
    /// a mistake of the operator's, not something to survive. `report` is called on the thread of any caller.
    package init(path: String, report: @escaping @Sendable (JWKSFileEvent) -> Void) throws(CryptoError) {
        self.path = path
        self.report = report
        let (version, keys) = try Self.read(path)
        state = Guarded(
            State(current: Version(keys: keys, generation: 0), seen: version, lastLook: Self.milliseconds()))
    }

    /// The keys as of at most a second ago.
    package func keys() -> JWTKeySet { current().keys }

    /// The keys as of at most a second ago, with their generation. Whoever keeps something made of keys compares the
    /// generations: of two callers at the same moment, one may have got the keys from before.
    package func current() -> Version { version(at: Self.milliseconds()) }

    /// `now` is a monotonic time in milliseconds.
    func keys(at now: Int64) -> JWTKeySet { version(at: now).keys }

    func version(at now: Int64) -> Version {
        let (current, seen, isDue) = state.withLock { state in
            let isDue = now - state.lastLook >= Self.millisecondsBetweenLooks
            if isDue { state.lastLook = now }
            return (state.current, state.seen, isDue)
        }
        return isDue ? reload(current, seen) : current
    }

    private func reload(_ old: Version, _ seen: FileVersion?) -> Version {
        let version = FileVersion(path)
        guard version != seen else { return old }
        do throws(CryptoError) {
            let (version, keys) = try Self.read(path)
            let new = state.withLock { state in
                state.current = Version(keys: keys, generation: state.current.generation + 1)
                state.seen = version
                return state.current
            }
            report(.loaded(keys: keys.count))
            return new
        } catch {
            // The version that was refused, so that it is not read and reported every second.
            state.withLock { $0.seen = version }
            report(.kept(reason: error.text))
            return old
        }
    }

    private static func read(_ path: String) throws(CryptoError) -> (FileVersion, JWTKeySet) {
        // Non-blocking: a pipe of that name must not hang the caller.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .malformed("\(path) cannot be opened: \(systemMessage(errno))") }
        defer { close(descriptor) }
        guard let version = FileVersion(descriptor: descriptor) else {
            throw .malformed("\(path) is not a regular file")
        }
        var bytes = [UInt8](repeating: 0, count: JWTKeySet.jwksOctetLimit + 1)
        var count = 0
        while count < bytes.count {
            let room = bytes.count - count
            let received = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress?.advanced(by: count), room)
            }
            if received < 0, errno == EINTR { continue }
            guard received >= 0 else { throw .malformed("\(path) cannot be read: \(systemMessage(errno))") }
            if received == 0 { break }
            count += received
        }
        let keys = try JWTKeySet.jwks(Array(bytes.prefix(count)))
        guard !keys.isEmpty else { throw .malformed("\(path) has no key that can verify a token") }
        return (version, keys)
    }

    private static func systemMessage(_ code: Int32) -> String {
        strerror(code).map { String(cString: $0) } ?? "error \(code)"
    }

    private static func milliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}

/// What tells one version of a file from another without reading it.
private struct FileVersion: Equatable, Sendable {
    private let inode: UInt64
    private let size: Int64
    private let seconds: Int64
    private let nanoseconds: Int64

    /// nil when there is no regular file.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init?(_ status: stat) {
        guard status.st_mode & S_IFMT == S_IFREG else { return nil }
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        seconds = Int64(status.st_mtim.tv_sec)
        nanoseconds = Int64(status.st_mtim.tv_nsec)
    }
}
