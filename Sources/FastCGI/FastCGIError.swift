import Glibc

/// Why a request could not be read or answered.
package enum FastCGIError: Error, Equatable, Sendable {
    /// The body is announced to be larger than `limit` octets; nothing of it was read.
    case bodyTooLarge(limit: Int)
    /// The client sent fewer octets than it announced.
    case bodyTruncated(expected: Int, received: Int)
    /// `CONTENT_LENGTH` is not a plain number, or the client sent more than it announced.
    case badContentLength
    /// The connection ended, or the client stopped reading for longer than `sendMilliseconds`.
    case clientGone
    /// The caller broke the contract of this call (a header with a line break, a second answer);
    /// nothing was written. Carries what was wrong, for the log.
    case defect(String)
}

/// A system call that failed.
package struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The name of the call, as in its manual page.
    package let call: String
    /// Its errno.
    package let code: Int32

    package init(call: String, code: Int32) {
        self.call = call
        self.code = code
    }

    package var description: String { "\(call) failed: \(String(cString: strerror(code)))" }
}
