import CFastCGI
import Glibc
import Locks
import Synchronization

/// One process's share of the work: threads that accept, parse and answer FastCGI requests.
///
/// All threads of the direct lane wait on one epoll, which has the listener and every connection that
/// waits for a request. Nothing waits inside libfcgi: it gets a connection when a whole request has
/// arrived. A connection is in exactly one place at a time: waiting (in `connections` and the epoll), with
/// the assembler, or in service.
package final class Worker: Sendable {
    let listener: Int32
    let application: any FastCGIApplication
    let settings: WorkerSettings
    let gate: LogGate
    let epoll: Epoll
    let connections = ConnectionTable()
    /// Work that does not come from the epoll, and the event that announces it there.
    let pending = Guarded<[PendingWork]>([])
    let pendingEvent: Event
    let isStopping = Atomic(false)

    private let stopEvent: Event
    private let exitEvent: Event
    private let threadEnds: Event
    private let served = Atomic(0)
    private let requestLimit: Int

    enum PendingWork {
        /// A request that the assembler completed.
        case request(Incoming)
        /// A connection with octets to read, that nobody watches.
        case readable(Int32)
    }

    /// libfcgi's own start, once per process.
    private static let isLibraryReady = FCGX_Init() == 0

    /// Prepares to serve on a listening socket, which stays the caller's and is made non-blocking.
    ///
    /// Ignores SIGPIPE for the whole process. Throws `notLocal` for a socket that does not listen or that
    /// other machines can reach, `system` when the process has no room for the descriptors.
    package init(
        listener: Int32, application: any FastCGIApplication, settings: WorkerSettings
    ) throws(ListenerError) {
        try Listener.check(listener)
        signal(SIGPIPE, SIG_IGN)
        guard Self.isLibraryReady else { throw .system(SystemError(call: "FCGX_Init", code: 0)) }
        do throws(SystemError) {
            guard fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK) == 0 else { throw .last("fcntl") }
            epoll = try Epoll()
            pendingEvent = try Event()
            stopEvent = try Event()
            exitEvent = try Event()
            threadEnds = try Event()
        } catch {
            throw .system(error)
        }
        self.listener = listener
        self.application = application
        self.settings = settings
        gate = LogGate(settings.log)
        // Workers that started together must not all be replaced together.
        let wanted = min(max(0, settings.maxRequests), Int.max / 2)
        requestLimit = wanted > 0 ? wanted + Int.random(in: -wanted / 5...wanted / 5) : .max
    }

    /// Serves until `stop`, then returns when the requests in flight are answered or `stopMilliseconds`
    /// have passed. Call it once. Throws when the threads cannot be started.
    package func run() throws(SystemError) {
        let assembler = try Assembler(
            settings: settings, gate: gate,
            deliver: { [self] in enqueue(.request($0)) }, drop: { [self] in closeConnection($0) })
        let lane = try UpstreamLane(settings: settings, gate: gate) { [self] request in
            application.handle(request)
            finish(request, assembler)
        }
        epoll.add(exitEvent.descriptor, .level)
        epoll.add(pendingEvent.descriptor, .level)
        var threads = 0
        defer {
            assembler.stop()
            lane.close()
            exitEvent.signal()
            // They have nothing left to do; the limit is for threads that were given up on.
            let deadline = MonotonicClock.milliseconds() &+ 1_000
            while threads > 0, MonotonicClock.milliseconds() < deadline, threadEnds.wait(milliseconds: 100) {
                if threadEnds.take() { threads -= 1 }
            }
        }
        try WorkerThread.start(stackSize: settings.stackSize) { [self] in
            assembler.run()
            threadEnds.signal()
        }
        threads += 1
        for _ in 0..<max(1, settings.threads) {
            try WorkerThread.start(stackSize: settings.stackSize) { [self] in
                serve(assembler, lane)
                threadEnds.signal()
            }
            threads += 1
        }
        watchListener()
        Readiness.report()
        while !stopEvent.wait(milliseconds: -1) {}
        finishWork(assembler)
    }

    /// Asks `run` to return; may be called at any time and from any thread, but not from a signal handler.
    package func stop() {
        guard !isStopping.exchange(true, ordering: .sequentiallyConsistent) else { return }
        epoll.remove(listener)
        stopEvent.signal()
    }

    /// Watches the listener if there is room for a connection.
    func watchListener() {
        guard connections.count < settings.maxConnections else { return }
        epoll.add(listener, .exclusive)
        // `stop` may have come in between.
        if isStopping.load(ordering: .sequentiallyConsistent) { epoll.remove(listener) }
    }

    /// Gives work to the next free thread of the direct lane.
    func enqueue(_ work: PendingWork) {
        pending.withLock { $0.append(work) }
        pendingEvent.signal()
    }

    func isExit(_ descriptor: Int32) -> Bool { descriptor == exitEvent.descriptor }

    /// Closes a connection in service; there may be room for a new one then.
    func closeConnection(_ connection: Int32) {
        close(connection)
        forgetConnection()
    }

    /// As `closeConnection`, when libfcgi has closed the descriptor.
    func forgetConnection() {
        if connections.close() == settings.maxConnections { watchListener() }
    }

    /// Counts an answered request; the last one of `maxRequests` stops the worker.
    func countRequest() {
        let count = served.add(1, ordering: .relaxed).newValue
        guard count >= requestLimit, !isStopping.load(ordering: .relaxed) else { return }
        settings.log("info", "the worker ends after \(count) requests, as configured")
        stop()
    }

    private func finishWork(_ assembler: Assembler) {
        let deadline = MonotonicClock.milliseconds() &+ settings.stopMilliseconds
        let idleEnd = MonotonicClock.milliseconds() &+ settings.stopIdleMilliseconds
        endWaiting(.first, assembler)
        var endsIdle = true
        while connections.count > 0 {
            let now = MonotonicClock.milliseconds()
            if endsIdle && now >= idleEnd {
                endsIdle = false
                endWaiting(.next, assembler)
            }
            guard now < deadline else {
                settings.log("error", "\(connections.count) connections are cut, they did not end in time")
                return
            }
            usleep(1_000)
        }
    }
}
