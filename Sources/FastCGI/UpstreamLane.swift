import Locks

/// The second set of threads, for requests that wait for somebody else's server: created when needed,
/// bounded, with a bounded queue in front.
final class UpstreamLane: Sendable {
    /// Hands a request from one thread to another.
    ///
    /// Sendable because exactly one thread has it at a time: the giver does not touch it after `submit`.
    private struct Handover: @unchecked Sendable {
        let request: FastCGIRequest
    }

    private struct State {
        var queue: [Handover] = []
        var threads = 0
        /// Threads that wait for a request that is not in the queue yet.
        var idle = 0
        var isClosed = false
    }

    private let state = Guarded(State())
    private let available = Semaphore()
    private let settings: WorkerSettings
    private let serve: @Sendable (FastCGIRequest) -> Void
    private let gate: LogGate

    init(
        settings: WorkerSettings, gate: LogGate, serve: @escaping @Sendable (FastCGIRequest) -> Void
    ) throws(SystemError) {
        self.settings = settings
        self.gate = gate
        self.serve = serve
    }

    /// Gives the request away; false, and the request stays with the caller, when there is no room.
    func submit(_ request: FastCGIRequest) -> Bool {
        let handover = Handover(request: request)
        let isAccepted = state.withLock { state -> Bool in
            let isThreadFree = state.queue.count < state.idle || startThread(&state)
            guard isThreadFree || (state.threads > 0 && waiting(in: state) < settings.upstreamQueue) else {
                return false
            }
            state.queue.append(handover)
            return true
        }
        if isAccepted { available.signal() }
        return isAccepted
    }

    /// Requests in the queue that no idle thread is about to take.
    private func waiting(in state: State) -> Int { max(0, state.queue.count - state.idle) }

    /// Lets the threads end when they have nothing left to do.
    func close() {
        let threads = state.withLock { state in
            state.isClosed = true
            return state.threads
        }
        available.signal(threads)
    }

    /// A new thread counts as idle until it takes its first request.
    private func startThread(_ state: inout State) -> Bool {
        guard state.threads < settings.upstreamThreads, !state.isClosed else { return false }
        do throws(SystemError) {
            try WorkerThread.start(stackSize: settings.stackSize) { [self] in run() }
        } catch {
            gate.write("error", "no further thread of the upstream lane: \(error)")
            return false
        }
        state.threads += 1
        state.idle += 1
        return true
    }

    private func run() {
        while true {
            available.wait()
            let next = state.withLock { state -> Handover? in
                guard !state.queue.isEmpty else { return nil }
                state.idle -= 1
                return state.queue.removeFirst()
            }
            guard let next else { break }
            serve(next.request)
            state.withLock { $0.idle += 1 }
        }
        state.withLock { $0.threads -= 1 }
    }
}
