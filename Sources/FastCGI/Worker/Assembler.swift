import Foundation
import Glibc
import Synchronization

/// Keeps the connections whose request is not wholly there yet, and ends those that take too long.
///
/// One thread with an edge-triggered epoll of its own looks at them: it alone touches a parked connection, so there
/// are no races, and a client that stops halfway costs a descriptor and nothing else.
final class Assembler: Sendable {
    enum Verdict {
        /// The whole request waits in the connection.
        case complete
        /// The body is larger than the kernel keeps: somebody must begin to read, and be done by then.
        case large(deadline: UInt64)
    }

    /// What a socket's buffer holds at most, about: with so much there and no end, the body does not fit into it.
    static let largeOctets = 65_536
    private static let peekOctets = 262_144
    /// How exactly overdue connections are seen.
    private static let tickMilliseconds: Int32 = 50

    let transfers = Transfers()
    private let poller: Poller
    private let wakeUp: WakeUp
    private let limitNanoseconds: UInt64
    private let arrived = Mutex([Int32]())
    private let parkedCount = Atomic(0)
    private let isStopping = Atomic(false)

    init(limitMilliseconds: Int) throws(ListenerError) {
        poller = try Poller()
        wakeUp = try WakeUp()
        limitNanoseconds = UInt64(clamping: limitMilliseconds) * 1_000_000
        guard poller.add(wakeUp.descriptor, .always) else { throw ListenerError("epoll_ctl", errno: errno) }
    }

    /// Takes over a connection that nobody else watches or will close.
    func park(_ descriptor: Int32) {
        parkedCount.add(1, ordering: .sequentiallyConsistent)
        arrived.withLock { $0.append(descriptor) }
        wakeUp.ring()
    }

    /// Whether no request is on its way.
    var isEmpty: Bool { parkedCount.load(ordering: .sequentiallyConsistent) == 0 }

    /// Puts an end to what is parked; bodies that are being read have their time.
    func stop() {
        isStopping.store(true, ordering: .sequentiallyConsistent)
        wakeUp.ring()
    }

    /// The thread's work, until `stop`. `release` gets what can be read, on this thread.
    func run(release: (Int32, Verdict) -> Void) {
        var parked: [Int32: UInt64] = [:]
        var buffer = [UInt8](repeating: 0, count: Self.peekOctets)
        while true {
            let stopping = isStopping.load(ordering: .sequentiallyConsistent)
            if stopping, transfers.isEmpty { break }
            let idle = parked.isEmpty && transfers.isEmpty
            let ready = poller.wait(milliseconds: idle ? -1 : Self.tickMilliseconds)
            if ready == wakeUp.descriptor { wakeUp.clear() }
            if let ready, parked[ready] != nil { look(at: ready, &parked, &buffer, release) }
            for descriptor in takeArrived() {
                parked[descriptor] = Self.clock() + limitNanoseconds
                if poller.add(descriptor, .eachArrival) {
                    // What came before it was watched is not reported.
                    look(at: descriptor, &parked, &buffer, release)
                } else {
                    drop(descriptor, &parked)
                }
            }
            let now = Self.clock()
            for (descriptor, deadline) in parked where stopping || deadline < now { drop(descriptor, &parked) }
            transfers.cut(at: now)
        }
        for (descriptor, _) in parked { drop(descriptor, &parked) }
        for descriptor in takeArrived() { drop(descriptor, &parked) }
    }

    private func takeArrived() -> [Int32] {
        arrived.withLock { arrived in
            guard !arrived.isEmpty else { return [] }
            defer { arrived = [] }
            return arrived
        }
    }

    private func look(
        at descriptor: Int32, _ parked: inout [Int32: UInt64], _ buffer: inout [UInt8],
        _ release: (Int32, Verdict) -> Void
    ) {
        switch Peek.scan(descriptor, &buffer) {
        case .nothing, .request(.incomplete(parametersComplete: false), _): return
        case .request(.incomplete(parametersComplete: true), let count) where count < Self.largeOctets: return
        case .gone, .request(.garbage, _): drop(descriptor, &parked)
        case .request(let scan, let count):
            let deadline = parked.removeValue(forKey: descriptor) ?? 0
            poller.remove(descriptor)
            // A direct thread looks at so many octets and no more: it would send a longer request back to here.
            let isSmall = scan == .complete && count <= Self.largeOctets
            release(descriptor, isSmall ? .complete : .large(deadline: deadline))
            // Only now: until it is somebody else's, the worker must not think that nothing is under way.
            parkedCount.subtract(1, ordering: .sequentiallyConsistent)
        }
    }

    private func drop(_ descriptor: Int32, _ parked: inout [Int32: UInt64]) {
        parked[descriptor] = nil
        close(descriptor)
        parkedCount.subtract(1, ordering: .sequentiallyConsistent)
    }

    /// Nanoseconds on the monotonic clock.
    static func clock() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
