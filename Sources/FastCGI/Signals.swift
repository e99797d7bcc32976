import Glibc

/// Signals go to one thread that waits for them; everywhere else they would break libfcgi's reads and writes, for which
/// an interrupted call is a failed one.
package enum Signals {
    /// Blocks all signals in the calling thread and those that it starts; SIGPIPE is ignored in the whole process.
    package static func block() {
        signal(SIGPIPE, SIG_IGN)
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
    }

    /// Waits for one of the signals, which must be blocked; nil after the time.
    package static func wait(for signals: [Int32], milliseconds: Int) -> Int32? {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        var time = timespec(tv_sec: milliseconds / 1_000, tv_nsec: milliseconds % 1_000 * 1_000_000)
        let signal = sigtimedwait(&set, nil, &time)
        return signal > 0 ? signal : nil
    }
}
