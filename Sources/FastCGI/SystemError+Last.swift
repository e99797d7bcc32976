import Glibc

extension SystemError {
    /// The error that the last call of this thread left in errno.
    static func last(_ call: String) -> SystemError { SystemError(call: call, code: errno) }
}
