import Foundation

/// Looks names up. getaddrinfo blocks for as long as it likes, so it runs on threads of its own, a bounded number.
///
/// `outstanding` is guarded by `condition`, which is why this may be shared between threads.
final class Resolver: @unchecked Sendable {
    static let shared = Resolver()

    /// More look-ups than this under way at once means that the name servers do not answer.
    private static let mostOutstanding = 64
    private static let mostAddresses = 16

    private let condition = NSCondition()
    private var outstanding = 0

    /// One look-up, guarded by the resolver's condition.
    private final class LookUp: @unchecked Sendable {
        var result: [IPAddress]?
    }

    func addresses(of host: String, withinMilliseconds milliseconds: Int) throws(OutboundError) -> [IPAddress] {
        let lookUp = LookUp()
        guard start(lookUp, host) else { throw .cannotResolve }
        let end = Date(timeIntervalSinceNow: Double(milliseconds) / 1_000)
        condition.lock()
        defer { condition.unlock() }
        while lookUp.result == nil {
            if !condition.wait(until: end), lookUp.result == nil { throw .timedOut("resolving the name") }
        }
        guard let addresses = lookUp.result, !addresses.isEmpty else { throw .cannotResolve }
        return addresses
    }

    private func start(_ lookUp: LookUp, _ host: String) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        guard outstanding < Self.mostOutstanding else { return false }
        outstanding += 1
        let thread = Thread { [self] in
            let addresses = Self.ask(host)
            condition.lock()
            lookUp.result = addresses
            outstanding -= 1
            condition.broadcast()
            condition.unlock()
        }
        thread.stackSize = 512 << 10
        thread.name = "resolver"
        thread.start()
        return true
    }

    private static func ask(_ host: String) -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var addresses: [IPAddress] = []
        var next = list
        while let entry = next, addresses.count < mostAddresses {
            if let address = entry.pointee.ai_addr.flatMap({ IPAddress($0) }), !addresses.contains(address) {
                addresses.append(address)
            }
            next = entry.pointee.ai_next
        }
        return addresses
    }
}
