import Glibc
import Locks
import Synchronization

/// Waits, with one thread for all of them, for requests that come in pieces.
///
/// The octets are taken out of the connection as they come, so a request larger than the kernel's buffer
/// arrives too, and a client that stops halfway costs memory for what it sent and nothing else. Limits:
/// a deadline per request, octets per request, octets altogether; connections are bounded by the worker.
final class Assembler: Sendable {
    /// Deadlines are looked at this often and not per event, since a look goes through all connections.
    private static let lookMilliseconds = 100

    private let epoll: Epoll
    private let arrivals = Guarded<[Assembly]>([])
    private let wake: Event
    private let isStopped = Atomic(false)
    private let settings: WorkerSettings
    private let gate: LogGate
    private let deliver: @Sendable (Incoming) -> Void
    private let drop: @Sendable (Int32) -> Void

    /// `deliver` gets whole requests, `drop` connections that are to be closed; both on the assembler's thread.
    init(
        settings: WorkerSettings, gate: LogGate,
        deliver: @escaping @Sendable (Incoming) -> Void, drop: @escaping @Sendable (Int32) -> Void
    ) throws(SystemError) {
        epoll = try Epoll()
        wake = try Event()
        self.settings = settings
        self.gate = gate
        self.deliver = deliver
        self.drop = drop
        epoll.add(wake.descriptor, .level)
    }

    /// Takes over a connection that nobody else watches.
    func take(_ connection: Int32, for purpose: Assembly.Purpose, milliseconds: Int) {
        let deadline = MonotonicClock.milliseconds() &+ milliseconds
        let assembly = Assembly(connection: connection, purpose: purpose, deadline: deadline)
        arrivals.withLock { $0.append(assembly) }
        wake.signal()
    }

    /// Makes `run` return; connections that it still holds are dropped.
    func stop() {
        isStopped.store(true, ordering: .sequentiallyConsistent)
        wake.signal()
    }

    /// Serves until `stop`; to be called on a thread of its own.
    func run() {
        var assemblies: [Int32: Assembly] = [:]
        var buffered = 0
        var nextLook = 0
        withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 8) { scratch in
            while !isStopped.load(ordering: .sequentiallyConsistent) {
                let ready = epoll.wait(milliseconds: assemblies.isEmpty ? -1 : Int32(Self.lookMilliseconds))
                if ready == wake.descriptor {
                    _ = wake.take()
                    begin(&assemblies)
                } else if let ready, var assembly = assemblies.removeValue(forKey: ready) {
                    let before = assembly.octets.count
                    let progress = assembly.receive(into: scratch, limit: settings.maxRequestOctets)
                    buffered += assembly.octets.count - before
                    let isWaiting = settle(assembly, progress, buffered: buffered)
                    if isWaiting {
                        assemblies[ready] = assembly
                    } else {
                        buffered -= assembly.octets.count
                    }
                }
                let now = MonotonicClock.milliseconds()
                if now >= nextLook {
                    nextLook = now &+ Self.lookMilliseconds
                    expire(&assemblies, &buffered, now)
                }
            }
        }
        begin(&assemblies)
        for connection in assemblies.keys { drop(connection) }
    }

    private func begin(_ assemblies: inout [Int32: Assembly]) {
        let arrived = arrivals.withLock { arrivals in
            defer { arrivals = [] }
            return arrivals
        }
        for assembly in arrived {
            // What has arrived already is reported too: the epoll is level-triggered.
            if epoll.add(assembly.connection, .level) == 0 {
                assemblies[assembly.connection] = assembly
            } else {
                drop(assembly.connection)
            }
        }
    }

    /// Acts on what arrived; true when the connection has to wait for more.
    private func settle(_ assembly: Assembly, _ progress: Assembly.Progress, buffered: Int) -> Bool {
        switch progress {
        case .waiting:
            guard buffered > settings.maxBufferedOctets else { return true }
            gate.write("error", "requests that are still arriving fill \(buffered) octets, one is cut")
        case .ended:
            break
        case .broken(let flaw):
            gate.write("warning", "a client sent \(flaw.rawValue), the connection is closed")
        case .ready(let isReusable, let exceedsLimit):
            epoll.remove(assembly.connection)
            deliver(
                Incoming(
                    connection: assembly.connection, collected: assembly.octets, scan: assembly.scan,
                    exceedsLimit: exceedsLimit, limit: settings.maxRequestOctets, isReusable: isReusable))
            return false
        }
        epoll.remove(assembly.connection)
        drop(assembly.connection)
        return false
    }

    private func expire(_ assemblies: inout [Int32: Assembly], _ buffered: inout Int, _ now: Int) {
        for (connection, assembly) in assemblies where assembly.deadline <= now {
            if assembly.purpose == .request && !assembly.octets.isEmpty {
                gate.write("warning", "a request did not arrive within its time, the connection is closed")
            }
            assemblies[connection] = nil
            buffered -= assembly.octets.count
            epoll.remove(connection)
            drop(connection)
        }
    }
}
