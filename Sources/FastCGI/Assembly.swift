import Glibc

/// One connection whose request is still arriving.
struct Assembly {
    /// What is done with the octets that arrive.
    enum Purpose { case request, discard }

    /// What a look at the connection brought.
    enum Progress {
        case waiting, ended
        case broken(RecordScan.Flaw)
        /// The request is whole, or larger than `maxRequestOctets` with its parameters whole.
        case ready(isReusable: Bool, exceedsLimit: Bool)
    }

    let connection: Int32
    let purpose: Purpose
    let deadline: Int
    private(set) var octets: [UInt8] = []
    private(set) var scan = RecordScan()

    init(connection: Int32, purpose: Purpose, deadline: Int) {
        self.connection = connection
        self.purpose = purpose
        self.deadline = deadline
    }

    /// Takes in what has arrived, without waiting and at most a few buffers full, for the others' sake.
    mutating func receive(into scratch: UnsafeMutableRawBufferPointer, limit: Int) -> Progress {
        for _ in 0..<8 {
            let count = recv(connection, scratch.baseAddress, scratch.count, Int32(MSG_DONTWAIT))
            if count < 0 && errno == EINTR { continue }
            if count < 0 { return errno == EAGAIN ? .waiting : .ended }
            if count == 0 { return .ended }
            if purpose == .discard { continue }
            let piece = UnsafeRawBufferPointer(rebasing: scratch[..<count])
            octets.append(contentsOf: piece)
            switch scan.feed(piece) {
            case .complete(let extra): return .ready(isReusable: extra == 0, exceedsLimit: false)
            case .broken(let flaw): return .broken(flaw)
            case .incomplete: break
            }
            if octets.count > limit {
                return scan.hasParameters ? .ready(isReusable: false, exceedsLimit: true) : .broken(.parameters)
            }
        }
        return .waiting
    }
}
