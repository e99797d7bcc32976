/// Why an address may not be called. Says nothing about what answers there: nothing was contacted.
package enum AddressRefusal: Error, Equatable, Sendable {
    case portNotAllowed(Int)
    case portNeverAllowed(Int)
    case specialAddress(IPAddress, block: String)
    case forbiddenAddress(IPAddress, block: String)
    case metadataAddress(IPAddress)

    /// One sentence for the administrator who configured the address.
    package var reason: String {
        switch self {
        case .portNotAllowed(let port): "port \(port) is not among the ports that may be called"
        case .portNeverAllowed(let port): "port \(port) belongs to a service that is never called"
        case .specialAddress(let address, let block):
            "\(address) is a special address (\(block)) and in no network that this installation allows"
        case .forbiddenAddress(let address, let block): "\(address) is never called (\(block))"
        case .metadataAddress(let address): "\(address) is a metadata address of a cloud and never called"
        }
    }
}

/// Where calls may go: which ports, and which networks beyond the public internet.
package struct AddressPolicy: Sendable {
    package let allowedNetworks: [NetworkRange]
    package let allowedPorts: PortSet

    package init(allowedNetworks: [NetworkRange], allowedPorts: PortSet) {
        self.allowedNetworks = allowedNetworks
        self.allowedPorts = allowedPorts
    }

    /// Public addresses only, and the ports of `PortSet.production`.
    package static let production = AddressPolicy(allowedNetworks: [], allowedPorts: .production)

    /// Checks the port, and the address where the host is a literal. Contacts nothing, not even a resolver.
    package func check(_ url: HTTPURL) throws(AddressRefusal) {
        guard !PortSet.neverAllowed.contains(url.port) else { throw .portNeverAllowed(url.port) }
        guard allowedPorts.contains(url.port) else { throw .portNotAllowed(url.port) }
        if let literal = url.literal { try check(literal) }
    }

    /// Checks one address. An address that carries an IPv4 address (mapped, NAT64, 6to4) is judged by that one.
    package func check(_ address: IPAddress) throws(AddressRefusal) {
        let plain = address.unmapped
        switch SpecialAddresses.classify(plain) {
        case nil: return
        case .metadata: throw .metadataAddress(plain)
        case .forbidden(let block): throw .forbiddenAddress(plain, block: block)
        case .special(let block):
            let destinations = [plain, SpecialAddresses.embeddedIPv4(plain)].compactMap { $0 }
            let isAllowed = allowedNetworks.contains { network in destinations.contains(where: network.contains) }
            guard isAllowed else { throw .specialAddress(plain, block: block) }
        }
    }

    /// The addresses of the URL's host, every one checked: one refused address refuses them all, because a name that
    /// mixes public and private addresses is an attack or a mistake. A literal is never given to the resolver.
    ///
    /// Throws `addressRefused`, `cannotResolve`, or `timedOut(.resolution)` after that many milliseconds.
    package func resolve(
        _ url: HTTPURL, withinMilliseconds milliseconds: Int, using resolver: Resolver = .system
    ) throws(OutboundError) -> [IPAddress] {
        try resolve(url, until: Moment.now.adding(milliseconds: milliseconds), using: resolver)
    }

    func resolve(_ url: HTTPURL, until deadline: Moment, using resolver: Resolver) throws(OutboundError) -> [IPAddress]
    {
        do throws(AddressRefusal) {
            try check(url)
        } catch {
            throw .addressRefused(error.reason)
        }
        if let literal = url.literal { return [literal.unmapped] }
        let addresses = try resolver.addresses(of: url.host, until: deadline).map(\.unmapped)
        do throws(AddressRefusal) {
            for address in addresses { try check(address) }
        } catch {
            throw .addressRefused(error.reason)
        }
        return addresses
    }
}
