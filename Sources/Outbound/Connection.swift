/// One connection to a checked address, plain or TLS.
///
/// `@unchecked Sendable`: it has one owner at a time. It is made by a thread, used by that thread, then put into the
/// pool under the pool's lock and taken out under that lock by at most one other thread.
final class Connection: @unchecked Sendable {
    /// The checked address that the connection goes to.
    let address: IPAddress
    let openedAt = Moment.now
    private let socket: Socket
    private let tls: TLSSession?

    /// Octets asked for in one read: one TLS record.
    private static let readSize = 16_384

    /// Connects to one of the addresses, in order; each gets its share of the time that is left, so that a silent first
    /// one does not use it up. The TLS handshake is done with the first that accepts.
    init(
        to url: HTTPURL, at addresses: [IPAddress], context: TLSContext, verifies: Bool, until deadline: Moment
    ) throws(OutboundError) {
        (socket, address) = try Self.connect(to: addresses, port: url.port, until: deadline)
        switch url.scheme {
        case .http: tls = nil
        case .https:
            tls = try TLSSession(over: socket, to: url, context: context, verifies: verifies, until: deadline)
        }
    }

    /// Sends all octets. Throws `timedOut(.sending)`, `closed` or `tls`.
    func send(_ octets: [UInt8], _ pace: Pace) throws(OutboundError) {
        var sent = 0
        while sent < octets.count {
            let outcome = octets.withUnsafeBytes { bytes in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
                return tls?.send(rest) ?? socket.send(rest)
            }
            switch outcome {
            case .moved(let count): sent += count
            case .wants(let events): try socket.wait(for: events, pace, .sending)
            case .ended: throw .closed
            case .failed(let error): throw error
            }
            if pace.deadline.hasPassed { throw .timedOut(.sending) }
        }
    }

    /// The next octets; none when the other side has ended the connection in an orderly way. Throws `timedOut(phase)`,
    /// `closed` or `tls`.
    func receive(_ pace: Pace, _ phase: OutboundError.Phase) throws(OutboundError) -> [UInt8] {
        while true {
            // Checked for every read: a steady drip would otherwise never meet the deadline.
            if pace.deadline.hasPassed { throw .timedOut(phase) }
            var outcome = Transfer.ended
            let octets = [UInt8](unsafeUninitializedCapacity: Self.readSize) { space, count in
                outcome =
                    tls?.receive(into: UnsafeMutableRawBufferPointer(space))
                    ?? socket.receive(into: UnsafeMutableRawBufferPointer(space))
                if case .moved(let moved) = outcome { count = moved }
            }
            switch outcome {
            case .moved: return octets
            case .wants(let events): try socket.wait(for: events, pace, phase)
            case .ended: return []
            case .failed(let error): throw error
            }
        }
    }

    /// Whether it can carry another request: the other side has neither ended it nor said anything unasked.
    var isQuiet: Bool { socket.isQuiet && tls?.isQuiet ?? true }

    private static func connect(
        to addresses: [IPAddress], port: Int, until deadline: Moment
    ) throws(OutboundError) -> (Socket, IPAddress) {
        var problem = OutboundError.cannotConnect
        for (index, address) in addresses.enumerated() {
            let share = deadline.remainingMilliseconds / (addresses.count - index)
            do throws(OutboundError) {
                let limit = Moment.now.adding(milliseconds: share)
                return (try Socket(connectingTo: address, port: port, until: limit), address)
            } catch {
                problem = error
            }
        }
        throw problem
    }
}
