import Glibc

/// How a child tells the master that it accepts requests: one octet through a pipe that it inherited.
enum Readiness {
    /// The variable with the number of the inherited descriptor.
    static let variable = "FASTCGI_READY_FD"
    /// The descriptor that the pipe has in a child; 0 is the listener, 1 and 2 are the log.
    static let childDescriptor: Int32 = 3

    /// Reports once; without effect in a process that no master started.
    static func report() {
        guard let text = getenv(variable), String(cString: text) == String(childDescriptor) else { return }
        unsetenv(variable)
        var octet: UInt8 = 1
        write(childDescriptor, &octet, 1)
        close(childDescriptor)
    }
}
