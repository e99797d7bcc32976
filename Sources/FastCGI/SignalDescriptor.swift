import CFastCGI
import Glibc

/// Signals as something to poll: blocked for this thread and read from a descriptor.
final class SignalDescriptor {
    let descriptor: Int32

    init(_ signals: [Int32]) throws(SystemError) {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        descriptor = signalfd(-1, &set, Int32(SFD_CLOEXEC) | Int32(SFD_NONBLOCK))
        if descriptor < 0 { throw .last("signalfd") }
    }

    deinit { close(descriptor) }

    /// The next signal that came; nil when there is none.
    func next() -> Int32? {
        var report = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        return read(descriptor, &report, size) == size ? Int32(truncatingIfNeeded: report.ssi_signo) : nil
    }
}
