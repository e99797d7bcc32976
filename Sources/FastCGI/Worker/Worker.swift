import CFastCGI
import Foundation
import Synchronization

/// One process's share of the pool: threads around one epoll, the upstream lane, and the assembler.
package final class Worker: Sendable {
    /// Parsing of nested JSON needs a megabyte; the rest is for handlers.
    static let stackSize = 2 << 20
    private static let peekOctets = Assembler.largeOctets
    /// How long a worker that stops waits for requests that are about to come: those of which something is there, and
    /// those of connections just made.
    private static let lastCallNanoseconds: UInt64 = 800_000_000

    private let listener: Int32
    private let application: any FastCGIApplication
    private let settings: WorkerSettings
    private let poller: Poller
    private let wakeUp: WakeUp
    private let assembler: Assembler
    private let connections = Connections()
    private let isStopping = Atomic(false)
    private let stoppedAt = Atomic<UInt64>(0)
    private let served = Atomic(0)
    private let lastRequest: Int

    /// `listener` is a listening socket, possibly shared with other processes; it is not closed.
    package init(listener: Int32, application: any FastCGIApplication, settings: WorkerSettings) throws(ListenerError) {
        guard FastCGIRequest.libraryIsReady else { throw ListenerError("libfcgi does not start") }
        self.listener = listener
        self.application = application
        self.settings = settings
        poller = try Poller()
        wakeUp = try WakeUp()
        assembler = try Assembler(limitMilliseconds: settings.transferMilliseconds)
        lastRequest = Self.lastRequest(settings.maxRequests)
        // Several processes wait for the same listener: whoever is too late must not block.
        _ = fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK)
        guard poller.add(listener, .shared), poller.add(wakeUp.descriptor, .always) else {
            throw ListenerError("cannot watch the listening socket", errno: errno)
        }
    }

    /// A fifth more or less, so that the workers of a pool do not end at the same time.
    private static func lastRequest(_ maxRequests: Int) -> Int {
        guard maxRequests > 0 else { return .max }
        let spread = maxRequests / 5
        let (sum, isTooLarge) = maxRequests.addingReportingOverflow(Int.random(in: -spread...spread))
        return isTooLarge ? .max : sum
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
            assembler.transfers.end(request.descriptor)
            dispatch(request, to: lane)
        }
        let background = ThreadGroup()
        background.start("assembler") { [self] in
            assembler.run { descriptor, verdict in take(descriptor, verdict, bulk) }
        }
        let direct = ThreadGroup()
        for _ in 0..<max(1, settings.threads) {
            direct.start("direct") { [self] in serve(lane) }
        }
        direct.wait()
        assembler.stop()
        closeWaiting(lane)
        let patience = Date(timeIntervalSinceNow: Double(settings.graceMilliseconds) / 1_000)
        _ = bulk.drain(until: patience)
        _ = lane.drain(until: patience)
        background.wait()
        // What came back between the two.
        for descriptor in connections.waiting { connections.close(descriptor) }
    }

    /// Ends `run` gracefully. From any thread, at any time, more than once.
    package func stop() {
        _ = stoppedAt.compareExchange(
            expected: 0, desired: Assembler.clock(), ordering: .sequentiallyConsistent)
        guard !isStopping.exchange(true, ordering: .sequentiallyConsistent) else { return }
        poller.remove(listener)
        wakeUp.ring()
    }

    // MARK: - The direct lane

    private func serve(_ lane: UpstreamLane) {
        var buffer = [UInt8](repeating: 0, count: Self.peekOctets)
        while !isStopping.load(ordering: .sequentiallyConsistent) {
            if let ready = poller.wait(milliseconds: -1) { turn(to: ready, lane, &buffer) }
        }
        // What can be read is still served, and so is what is about to be.
        while true {
            let isLast = nothingIsComing
            let ready = poller.readyNow().filter { $0 != wakeUp.descriptor }
            for descriptor in ready { turn(to: descriptor, lane, &buffer) }
            if ready.isEmpty {
                if isLast { return }
                usleep(2_000)
            }
        }
    }

    private var nothingIsComing: Bool {
        if assembler.isEmpty, !connections.hasFresh { return true }
        return Assembler.clock() > stoppedAt.load(ordering: .sequentiallyConsistent) + Self.lastCallNanoseconds
    }

    private func turn(to descriptor: Int32, _ lane: UpstreamLane, _ buffer: inout [UInt8]) {
        switch descriptor {
        case wakeUp.descriptor: return
        case listener: accept()
        default: look(at: descriptor, lane, &buffer)
        }
    }

    private func accept() {
        let descriptor = Glibc.accept(listener, nil, nil)
        guard descriptor >= 0 else {
            // Another process or thread was faster; or descriptors have run out, and the listener stays readable.
            if errno != EAGAIN { usleep(5_000) }
            return
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        guard connections.insert(descriptor, isFresh: true) else {
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

    private func look(at descriptor: Int32, _ lane: UpstreamLane, _ buffer: inout [UInt8]) {
        switch Peek.scan(descriptor, &buffer) {
        case .request(.complete, _):
            if let request = adopt(descriptor, isWhole: true) { dispatch(request, to: lane) }
        case .request(.incomplete, _):
            poller.remove(descriptor)
            connections.forget(descriptor)
            assembler.park(descriptor)
        case .nothing: rearm(descriptor)
        case .gone, .request(.garbage, _): connections.close(descriptor)
        }
    }

    private func adopt(_ descriptor: Int32, isWhole: Bool) -> FastCGIRequest? {
        // The number is free for another connection the moment libfcgi closes it.
        connections.forget(descriptor)
        return FastCGIRequest(adopting: descriptor, isWhole: isWhole)
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
            if isStopping.load(ordering: .sequentiallyConsistent) {
                close(descriptor)
            } else {
                awaitRequest(descriptor)
            }
        }
        if served.add(1, ordering: .relaxed).newValue >= lastRequest { stop() }
    }

    private func awaitRequest(_ descriptor: Int32) {
        if connections.insert(descriptor) { rearm(descriptor) } else { close(descriptor) }
    }

    private func rearm(_ descriptor: Int32) {
        // A connection that came from the assembler is not watched any more.
        if !poller.rearm(descriptor), !poller.add(descriptor, .once) { connections.close(descriptor) }
    }

    /// Once the direct threads have ended: serves what came in the last moment, closes the rest.
    private func closeWaiting(_ lane: UpstreamLane) {
        var buffer = [UInt8](repeating: 0, count: Self.peekOctets)
        for descriptor in connections.waiting {
            if case .request(.complete, _) = Peek.scan(descriptor, &buffer) {
                look(at: descriptor, lane, &buffer)
            } else {
                connections.close(descriptor)
            }
        }
    }

    // MARK: - Slow senders

    private func take(_ descriptor: Int32, _ verdict: Assembler.Verdict, _ bulk: UpstreamLane) {
        switch verdict {
        // The next direct thread that is free sees that it is readable.
        case .complete: awaitRequest(descriptor)
        case .large(let deadline): takeLarge(descriptor, deadline, bulk)
        }
    }

    /// libfcgi reads the parameters, which are there; the body is read by a thread that may wait.
    private func takeLarge(_ descriptor: Int32, _ deadline: UInt64, _ bulk: UpstreamLane) {
        guard let request = adopt(descriptor, isWhole: false) else { return }
        assembler.transfers.begin(descriptor, deadline: deadline)
        guard !bulk.take(request) else { return }
        assembler.transfers.end(descriptor)
        application.refuse(request)
        end(request)
    }
}
