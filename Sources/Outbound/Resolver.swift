import Glibc
import Locks

/// Host names to addresses, bounded in time although `getaddrinfo` blocks for as long as it likes.
///
/// Every look-up has a thread of its own; callers that ask for the same name share it, so a name whose servers are dead
/// holds one thread. At most `limit` look-ups are outstanding; beyond that callers wait, each until its deadline.
package final class Resolver: Sendable {
    /// `@unchecked Sendable`: `addresses` is read and written only under the lock of `running`.
    private final class Lookup: @unchecked Sendable {
        /// Nil while it runs, empty when there are none.
        var addresses: [IPAddress]?
    }

    private let running = Monitor<[String: Lookup]>([:])
    private let limit: Int
    private let lookUp: @Sendable (String) -> [IPAddress]

    /// The system's resolver (`/etc/hosts`, DNS), shared so that the bound holds for the process.
    package static let system = Resolver(limit: 32, lookUp: systemAddresses)

    /// `lookUp` may block; it returns no address when the name has none. Tests give their own.
    package init(limit: Int, lookUp: @escaping @Sendable (String) -> [IPAddress]) {
        self.limit = limit
        self.lookUp = lookUp
    }

    /// At least one address. Throws `cannotResolve` or `timedOut(.resolution)`.
    func addresses(of host: String, until deadline: Moment) throws(OutboundError) -> [IPAddress] {
        let lookup = running.wait(until: deadline) { lookups -> Lookup? in
            if let shared = lookups[host] { return shared }
            guard lookups.count < limit else { return nil }
            let lookup = Lookup()
            if start(lookup, of: host) {
                lookups[host] = lookup
            } else {
                lookup.addresses = []
            }
            return lookup
        }
        guard let lookup, let addresses = running.wait(until: deadline, { _ in lookup.addresses }) else {
            throw .timedOut(.resolution)
        }
        guard !addresses.isEmpty else { throw .cannotResolve }
        return addresses
    }

    private func start(_ lookup: Lookup, of host: String) -> Bool {
        DetachedThread.start { [self] in
            let addresses = lookUp(host)
            running.change { lookups in
                lookup.addresses = addresses
                lookups[host] = nil
            }
        }
    }

    /// In the order of RFC 6724, as getaddrinfo gives them.
    @Sendable private static func systemAddresses(_ host: String) -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var addresses: [IPAddress] = []
        var entry = list
        while let current = entry {
            if let socketAddress = current.pointee.ai_addr, let address = IPAddress(socketAddress) {
                addresses.append(address)
            }
            entry = current.pointee.ai_next
        }
        return addresses
    }
}
