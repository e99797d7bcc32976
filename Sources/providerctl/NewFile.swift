import Foundation

/// A file that is there as a whole or not at all.
enum NewFile {
    /// Writes octets to the disk under a name that is free, or with `replacing` under any. Who may read the file is as
    /// the umask has it, or as it was with the file that is replaced.
    ///
    /// Returns false when the name is taken. When nothing else helps, what was written stays beside the name that was
    /// wanted, and the refusal says where.
    static func write(_ bytes: [UInt8], to path: String, replacing: Bool) throws(Refusal) -> Bool {
        let part = "\(path).\(getpid()).part"
        guard let file = PartFile(part, like: replacing ? path : nil), file.fill(bytes) else {
            unlink(part)
            throw Refusal("\(path) cannot be written: \(reason)")
        }
        if replacing {
            guard rename(part, path) == 0 else { throw Refusal("\(path) cannot be written: see \(part)") }
            return true
        }
        // link() refuses a name that is taken, at the same moment; some file systems do not have it.
        if link(part, path) == 0 {
            unlink(part)
            return true
        }
        guard errno != EEXIST else {
            unlink(part)
            return false
        }
        guard !FileManager.default.fileExists(atPath: path), rename(part, path) == 0 else {
            throw Refusal("\(path) cannot be written: see \(part)")
        }
        return true
    }

    private static var reason: String { String(cString: strerror(errno)) }
}

/// A file under a name for the time being, which nobody else had.
private final class PartFile {
    private let descriptor: Int32

    init?(_ path: String, like other: String?) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        if let other, stat(other, &status) == 0 { fchmod(descriptor, status.st_mode & 0o777) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Whether all of it is on the disk.
    func fill(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return fsync(descriptor) == 0
    }
}
