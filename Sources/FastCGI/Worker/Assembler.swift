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
        /// The body is larger than the kernel keeps: somebody must begin to read.
        case large
    }

    private struct Parked {
        let deadline: UInt64
    }

    /// What a socket's buffer holds at most, about: with so much there and no end, the body does not fit into it.
    private static let largeOctets = 65_536
    private static let peekOctets = 262_144

    private let poller: Poller
    private let connections: Connections
    private let limitNanoseconds: UInt64
    private let release: @Sendable (Int32, Verdict) -> Void
    private let arrived = Mutex([Int32]())
    private let isStopping = Atomic(false)

    init(
        connections: Connections, limitMilliseconds: Int, release: @escaping @Sendable (Int32, Verdict) -> Void
    ) throws(ListenerError) {
        poller = try Poller()
        self.connections = connections
        limitNanoseconds = UInt64(clamping: limitMilliseconds) * 1_000_000
        self.release = release
    }

    /// Takes over a connection that no other epoll watches.
    func park(_ descriptor: Int32) { arrived.withLock { $0.append(descriptor) } }

    func stop() { isStopping.store(true, ordering: .relaxed) }

    /// The thread's work, until `stop`.
    func run() {
        var parked: [Int32: Parked] = [:]
        var buffer = [UInt8](repeating: 0, count: Self.peekOctets)
        while !isStopping.load(ordering: .relaxed) {
            // New ones and overdue ones are looked for at least so often.
            if let ready = poller.wait(milliseconds: 5), parked[ready] != nil { look(at: ready, &parked, &buffer) }
            for descriptor in takeArrived() {
                parked[descriptor] = Parked(deadline: Self.clock() + limitNanoseconds)
                guard poller.add(descriptor, .eachArrival) else {
                    parked[descriptor] = nil
                    connections.close(descriptor)
                    continue
                }
                // What came before it was watched is not reported.
                look(at: descriptor, &parked, &buffer)
            }
            let now = Self.clock()
            for (descriptor, one) in parked where one.deadline < now {
                parked[descriptor] = nil
                connections.close(descriptor)
            }
        }
        poller.end()
    }

    private func takeArrived() -> [Int32] {
        arrived.withLock { arrived in
            guard !arrived.isEmpty else { return [] }
            defer { arrived = [] }
            return arrived
        }
    }

    private func look(at descriptor: Int32, _ parked: inout [Int32: Parked], _ buffer: inout [UInt8]) {
        let peeked = Peek.scan(descriptor, &buffer)
        switch peeked {
        case .nothing, .request(.incomplete(parametersComplete: false), _): return
        case .request(.incomplete(parametersComplete: true), let count) where count < Self.largeOctets: return
        case .gone, .request(.garbage, _):
            parked[descriptor] = nil
            connections.close(descriptor)
        case .request(let scan, _):
            parked[descriptor] = nil
            poller.remove(descriptor)
            release(descriptor, scan == .complete ? .complete : .large)
        }
    }

    static func clock() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// A look at what waits in a connection, without taking it.
enum Peek {
    case nothing
    case gone
    case request(RecordScan, octets: Int)

    static func scan(_ descriptor: Int32, _ buffer: inout [UInt8]) -> Peek {
        buffer.withUnsafeMutableBytes { space in
            var count: Int
            repeat {
                count = recv(descriptor, space.baseAddress, space.count, Int32(MSG_PEEK | MSG_DONTWAIT))
            } while count < 0 && errno == EINTR
            if count < 0 { return errno == EAGAIN || errno == EWOULDBLOCK ? .nothing : .gone }
            if count == 0 { return .gone }
            return .request(RecordScan.scan(UnsafeRawBufferPointer(rebasing: space[..<count])), octets: count)
        }
    }
}
