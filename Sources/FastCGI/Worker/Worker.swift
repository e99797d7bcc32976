import CFastCGI
import Foundation
import Synchronization

/// One process's share of the pool: threads around one epoll, the upstream lane, and the assembler.
package final class Worker: Sendable {
    /// Parsing of nested JSON needs a megabyte; the rest is for handlers.
    static let stackSize = 2 << 20
    private static let peekOctets = 65_536

    private let listener: Int32
    private let application: any FastCGIApplication
    private let settings: WorkerSettings
    private let poller: Poller
    private let wakeUp: Int32
    private let connections = Connections()
    private let isStopping = Atomic(false)
    private let served = Atomic(0)
    private let lastRequest: Int

    /// `listener` is a listening socket, possibly shared with other processes; it is not closed.
    package init(listener: Int32, application: any FastCGIApplication, settings: WorkerSettings) throws(ListenerError) {
        self.listener = listener
        self.application = application
        self.settings = settings
        poller = try Poller()
        wakeUp = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        // A fifth more or less, so that the workers of a pool do not end at the same time.
        let spread = max(1, settings.maxRequests / 5)
        lastRequest = settings.maxRequests == 0 ? .max : settings.maxRequests + Int.random(in: -spread...spread)
        // Several processes wait for the same listener: whoever is too late must not block.
        _ = fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK)
        guard wakeUp >= 0, poller.add(listener, .shared), poller.add(wakeUp, .always) else {
            throw ListenerError("cannot watch the listening socket", errno: errno)
        }
    }

    /// Serves until `stop`, then until what is under way is done. Signals are blocked in all its threads.
    package func run() {
        Signals.block()
        let lane = UpstreamLane(threads: settings.upstreamThreads, queue: settings.upstreamQueue) { [self] request in
            application.handle(request)
            end(request)
        }
        let bulk = UpstreamLane(threads: 8, queue: 256) { [self] request in
            request.prefetchBody(limit: settings.maxBody)
            dispatch(request, to: lane)
        }
        guard let assembler = makeAssembler(bulk) else { return }
        let group = ThreadGroup()
        group.start("assembler") { assembler.run() }
        let direct = ThreadGroup()
        for _ in 0..<max(1, settings.threads) {
            direct.start("direct") { [self] in serve(lane, assembler) }
        }
        direct.wait()
        assembler.stop()
        _ = bulk.drain(milliseconds: settings.transferMilliseconds)
        _ = lane.drain(milliseconds: settings.graceMilliseconds)
        group.wait()
        connections.closeAll()
        poller.end()
        close(wakeUp)
    }

    /// Ends `run` gracefully. From any thread, at any time, more than once.
    package func stop() {
        guard !isStopping.exchange(true, ordering: .sequentiallyConsistent) else { return }
        poller.remove(listener)
        var one: UInt64 = 1
        _ = write(wakeUp, &one, 8)
    }

    // MARK: - The direct lane

    private func serve(_ lane: UpstreamLane, _ assembler: Assembler) {
        var buffer = [UInt8](repeating: 0, count: Self.peekOctets)
        while true {
            let stopping = isStopping.load(ordering: .relaxed)
            // When stopping, what can be read already is still served.
            guard let ready = poller.wait(milliseconds: stopping ? 0 : -1) else {
                if stopping { return }
                continue
            }
            switch ready {
            case wakeUp:
                if let rest = afterWakeUp() { look(at: rest, lane, assembler, &buffer) } else { return }
            case listener: accept()
            default: look(at: ready, lane, assembler, &buffer)
            }
        }
    }

    /// The wake-up stays readable for the other threads and hides what comes behind it: it is taken out, asked for the
    /// rest, and put back.
    private func afterWakeUp() -> Int32? {
        poller.remove(wakeUp)
        defer { _ = poller.add(wakeUp, .always) }
        return poller.wait(milliseconds: 0)
    }

    private func accept() {
        let descriptor = Glibc.accept(listener, nil, nil)
        // Another process or thread was faster, or descriptors have run out: the listener will be reported again.
        guard descriptor >= 0 else { return }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        guard connections.insert(descriptor) else {
            close(descriptor)
            return
        }
        var limit = timeval(
            tv_sec: settings.transferMilliseconds / 1_000, tv_usec: settings.transferMilliseconds % 1_000 * 1_000)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        if !poller.add(descriptor, .once) { connections.close(descriptor) }
    }

    private func look(at descriptor: Int32, _ lane: UpstreamLane, _ assembler: Assembler, _ buffer: inout [UInt8]) {
        switch Peek.scan(descriptor, &buffer) {
        case .request(.complete, _): begin(descriptor, lane)
        case .request(.incomplete, _):
            poller.remove(descriptor)
            assembler.park(descriptor)
        case .nothing: rearm(descriptor)
        case .gone, .request(.garbage, _): connections.close(descriptor)
        }
    }

    private func begin(_ descriptor: Int32, _ lane: UpstreamLane) {
        if let request = adopt(descriptor) { dispatch(request, to: lane) }
    }

    private func adopt(_ descriptor: Int32) -> FastCGIRequest? {
        // The number is free for another connection the moment libfcgi closes it.
        connections.forget(descriptor)
        guard let request = FastCGIRequest(adopting: descriptor) else { return nil }
        return request
    }

    private func dispatch(_ request: FastCGIRequest, to lane: UpstreamLane) {
        if application.lane(of: request) == .upstream {
            if lane.take(request) { return }
            application.refuse(request)
        } else {
            application.handle(request)
        }
        end(request)
    }

    /// After the answer: the connection waits for its next request, or is closed when there will be none.
    private func end(_ request: FastCGIRequest) {
        if let descriptor = request.finish() {
            if isStopping.load(ordering: .relaxed) || !connections.insert(descriptor) {
                close(descriptor)
            } else {
                rearm(descriptor)
            }
        }
        if served.add(1, ordering: .relaxed).newValue >= lastRequest { stop() }
    }

    private func rearm(_ descriptor: Int32) {
        // A connection that came from the assembler is not watched any more.
        if !poller.rearm(descriptor), !poller.add(descriptor, .once) { connections.close(descriptor) }
    }

    // MARK: - Slow senders

    private func makeAssembler(_ bulk: UpstreamLane) -> Assembler? {
        try? Assembler(connections: connections, limitMilliseconds: settings.transferMilliseconds) {
            [self] descriptor, verdict in
            switch verdict {
            // The next direct thread that is free sees that it is readable.
            case .complete: rearm(descriptor)
            case .large: takeLarge(descriptor, bulk)
            }
        }
    }

    /// libfcgi reads the parameters, which are there; the body is read by a thread that may wait.
    private func takeLarge(_ descriptor: Int32, _ bulk: UpstreamLane) {
        guard let request = adopt(descriptor) else { return }
        if !bulk.take(request) {
            application.refuse(request)
            end(request)
        }
    }
}
