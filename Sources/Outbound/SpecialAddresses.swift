/// Why an address is not an ordinary public host.
enum SpecialAddress: Equatable {
    /// In a special-purpose block; an installation may allow the network.
    case special(String)
    /// Never a host to call, whatever an installation allows.
    case forbidden(String)
    /// Gives credentials of the machine to whoever asks; never allowed.
    case metadata
}

/// The blocks of the IANA special-purpose registries for IPv4 (RFC 6890 and later) and IPv6, and the addresses at which
/// clouds offer a machine its own credentials.
enum SpecialAddresses {
    /// What is special about an address, nil for an ordinary public one.
    static func classify(_ address: IPAddress) -> SpecialAddress? {
        let address = address.unmapped
        if metadata.contains(where: { $0.contains(address) }) { return .metadata }
        if let embedded = embeddedIPv4(address) { return classify(embedded) }
        for (block, name) in forbidden where block.contains(address) { return .forbidden(name) }
        for (block, name) in special where block.contains(address) { return .special(name) }
        let isOutsideUnicast = !address.isIPv4 && globalUnicast.map { !$0.contains(address) } ?? true
        return isOutsideUnicast ? .special("not global unicast") : nil
    }

    /// The IPv4 destination that NAT64 (RFC 6052) or 6to4 (RFC 3056) reaches through an IPv6 address.
    static func embeddedIPv4(_ address: IPAddress) -> IPAddress? {
        guard !address.isIPv4 else { return nil }
        if nat64Prefix?.contains(address) == true { return IPAddress(octets: Array(address.octets.suffix(4))) }
        if sixToFour?.contains(address) == true { return IPAddress(octets: Array(address.octets[2..<6])) }
        return nil
    }

    private static let globalUnicast = NetworkRange("2000::/3")
    private static let nat64Prefix = NetworkRange("64:ff9b::/96")
    private static let sixToFour = NetworkRange("2002::/16")

    private static func blocks(_ rows: [(String, String)]) -> [(NetworkRange, String)] {
        rows.compactMap { cidr, name in NetworkRange(cidr).map { ($0, name) } }
    }

    /// Blocks no connection can usefully go to; 0.0.0.0 and :: reach this machine.
    private static let forbidden = blocks([
        ("0.0.0.0/8", "this network"), ("224.0.0.0/4", "multicast"), ("240.0.0.0/4", "reserved or broadcast"),
        ("::/128", "unspecified"), ("ff00::/8", "multicast"),
    ])

    private static let special = blocks([
        ("10.0.0.0/8", "private"), ("100.64.0.0/10", "shared by a carrier"), ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"), ("172.16.0.0/12", "private"), ("192.0.0.0/24", "protocol assignments"),
        ("192.0.2.0/24", "documentation"), ("192.88.99.0/24", "6to4 relay"), ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarking"), ("198.51.100.0/24", "documentation"), ("203.0.113.0/24", "documentation"),
        ("192.31.196.0/24", "AS112"), ("192.52.193.0/24", "multicast tunnelling"), ("192.175.48.0/24", "AS112"),
        ("::1/128", "loopback"), ("64:ff9b:1::/48", "local NAT64"), ("100::/64", "discard only"),
        ("100:0:0:1::/64", "dummy prefix"), ("2001::/23", "protocol assignments"), ("2001:db8::/32", "documentation"),
        ("2620:4f:8000::/48", "AS112"), ("3fff::/20", "documentation"), ("5f00::/16", "segment routing"),
        ("fc00::/7", "private"), ("fe80::/10", "link-local"), ("fec0::/10", "site-local"),
    ])

    /// Sources: the instance metadata pages of the vendors named.
    private static let metadata: [NetworkRange] = [
        "169.254.169.254",  // Amazon, Google, Azure, OpenStack, DigitalOcean, Oracle and most others
        "169.254.170.2", "169.254.170.23",  // Amazon: roles of containers and pods
        "169.254.169.253", "169.254.169.250", "169.254.169.251",  // Amazon: resolver and activation services
        "169.254.0.23", "169.254.42.42",  // Tencent, Scaleway
        "100.100.100.200", "192.0.0.192", "168.63.129.16",  // Alibaba, Oracle classic, Azure's wire server
        "fd00:ec2::254", "fd00:ec2::253", "fd00:ec2::23", "fd20:ce::254", "fd00:42::42", "fe80::a9fe:a9fe",
    ].compactMap { NetworkRange($0) }
}
