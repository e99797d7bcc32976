import Foundation

/// Questions to a person at a terminal, or to a script that answers line by line.
enum Terminal {
    /// Whether a person can answer: standard input and the questions' stream are terminals.
    static var isInteractive: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// The line that answers a question, nil at the end of the input. Questions go to standard error, so that standard
    /// output has results only.
    static func ask(_ question: String) -> String? {
        write(question)
        return readLine(strippingNewline: true)
    }

    /// The same for what nobody should read over a shoulder: a terminal does not show it.
    ///
    /// A signal that ends or stops the program finds the terminal as it was before.
    static func askSecretly(_ question: String) -> String? {
        guard isatty(STDIN_FILENO) == 1 else { return ask(question) }
        let signals = HeldSignals()
        defer { signals.release() }
        while true {
            write(question)
            guard let silence = SilentTerminal() else { return nil }
            let event = signals.waitForInput()
            // The line is read before the terminal shows anything again: what it has not handed over yet is not echoed.
            let line = event == nil ? readLine(strippingNewline: true) : nil
            silence.end()
            write("\n")
            guard let event else { return line }
            signals.raise(event)
            // Only after a stop and its continuation does the program come here.
        }
    }

    /// Questions and progress, which nobody reads in a file.
    static func write(_ text: String) {
        if isatty(STDERR_FILENO) == 1 { FileHandle.standardError.write(Data(text.utf8)) }
    }
}

/// Standard input's terminal without echo.
private struct SilentTerminal {
    private let before: termios

    /// Nil when there is no terminal.
    init?() {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return nil }
        before = settings
        settings.c_lflag &= ~tcflag_t(ECHO)
        guard tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings) == 0 else { return nil }
    }

    func end() {
        var settings = before
        tcsetattr(STDIN_FILENO, TCSANOW, &settings)
    }
}

/// Signals that would end or stop the program, held back so that the terminal can be put right first.
private struct HeldSignals {
    private let before: sigset_t
    private let held: sigset_t

    private static let napMilliseconds: Int32 = 100

    init() {
        var held = Self.set([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP])
        var former = sigset_t()
        pthread_sigmask(SIG_BLOCK, &held, &former)
        self.held = held
        before = former
    }

    func release() {
        var former = before
        pthread_sigmask(SIG_SETMASK, &former, nil)
    }

    /// Waits for a line or the end of the input: nil. Or for a signal: its number.
    func waitForInput() -> Int32? {
        while true {
            var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            let ready = poll(&waiting, 1, Self.napMilliseconds)
            if let signal = pending { return signal }
            guard ready == 0 || ready < 0 && errno == EINTR else { return nil }
        }
    }

    private var pending: Int32? {
        var held = held
        var none = timespec()
        let signal = sigtimedwait(&held, nil, &none)
        return signal > 0 ? signal : nil
    }

    /// Lets the signal do what it does; returns only when it did not end the program.
    func raise(_ signal: Int32) {
        var one = Self.set([signal])
        // The runtime takes SIGQUIT for a crash and would ask the terminal what to do about it.
        Glibc.signal(signal, SIG_DFL)
        kill(getpid(), signal)
        // It is delivered before this returns.
        pthread_sigmask(SIG_UNBLOCK, &one, nil)
        pthread_sigmask(SIG_BLOCK, &one, nil)
    }

    private static func set(_ signals: [Int32]) -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        return set
    }
}
