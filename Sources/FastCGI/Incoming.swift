import CFastCGI
import Glibc

/// A request that has wholly arrived (or is too large to), ready for libfcgi.
struct Incoming: Sendable {
    /// The connection; the answer goes there.
    let connection: Int32
    /// The octets, when the assembler collected them; nil when they still are in the connection's buffer.
    var collected: [UInt8]?
    /// What the scan found out.
    let scan: RecordScan
    /// Whether the body is not all there, because the request is larger than `limit`.
    let exceedsLimit: Bool
    /// `WorkerSettings.maxRequestOctets`.
    let limit: Int
    /// Whether the connection can serve one more request.
    let isReusable: Bool

    /// A file in memory with the collected octets, for libfcgi to read from.
    func memoryFile() throws(SystemError) -> Int32? {
        guard let collected else { return nil }
        let file = fastcgi_memory_file()
        if file < 0 { throw .last("memfd_create") }
        do throws(SystemError) {
            try Self.write(collected, to: file)
        } catch {
            close(file)
            throw error
        }
        lseek(file, 0, SEEK_SET)
        return file
    }

    private static func write(_ octets: [UInt8], to file: Int32) throws(SystemError) {
        var written = 0
        while written < octets.count {
            let count = octets.withUnsafeBytes {
                Glibc.write(file, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            if count <= 0 && errno != EINTR { throw .last("write") }
            written += max(0, count)
        }
    }
}
