/// Which addresses may be called.
package struct AddressPolicy: Sendable {
    package let allowedNetworks: [NetworkRange]
    package let allowedPorts: PortSet

    /// Public addresses, on the ports where the providers' APIs are: 80, 443, 8080 and 8443 for HTTP, 5000 and 8774
    /// OpenStack, 8006 Proxmox VE, 11434 Ollama.
    package static let production = AddressPolicy(
        allowedNetworks: [], allowedPorts: PortSet("80,443,5000,8006,8080,8443,8774,11434") ?? .any)

    /// `allowedNetworks` are special ranges that may be called all the same; metadata addresses are not even then.
    package init(allowedNetworks: [NetworkRange], allowedPorts: PortSet) {
        self.allowedNetworks = allowedNetworks
        self.allowedPorts = allowedPorts
    }

    /// The addresses that a connection may go to. Every address of a name must be allowed, or none is: a name that has
    /// a public and a private address is an attempt. Throws `.addressRefused`, `.cannotResolve`, `.timedOut`.
    package func resolve(_ url: HTTPURL, withinMilliseconds milliseconds: Int) throws(OutboundError) -> [IPAddress] {
        guard allowedPorts.contains(url.port) else { throw .addressRefused("port \(url.port) is not allowed") }
        if let literal = url.literal {
            if let reason = refusal(of: literal) { throw .addressRefused(reason) }
            return [literal]
        }
        let addresses = try Resolver.shared.addresses(of: url.host, withinMilliseconds: milliseconds)
        for address in addresses {
            // Not which address: a caller must not learn the inside of a network from error messages.
            if let reason = refusal(of: address) {
                throw .addressRefused("the name points to an address that is refused: \(reason)")
            }
        }
        return addresses
    }

    /// Why an address may not be called; nil when it may.
    package func refusal(of address: IPAddress) -> String? {
        let address = address.unmapped
        if SpecialAddresses.metadata.contains(where: { $0.contains(address) }) {
            return "it is a metadata address, which is never called"
        }
        guard let special = SpecialAddresses.ranges.first(where: { $0.range.contains(address) }),
            !allowedNetworks.contains(where: { $0.contains(address) })
        else { return nil }
        return "it is in a special range (\(special.what)) that this installation does not allow"
    }
}
