/// Ranges that are not ordinary addresses of the public Internet: the IANA special-purpose address registries for IPv4
/// and IPv6, multicast, and what translates to an IPv4 address.
enum SpecialAddresses {
    static let ranges: [(range: NetworkRange, what: String)] = [
        ("0.0.0.0/8", "this network"), ("10.0.0.0/8", "private"), ("100.64.0.0/10", "shared"),
        ("127.0.0.0/8", "loopback"), ("169.254.0.0/16", "link-local"), ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "protocol assignments"), ("192.0.2.0/24", "documentation"),
        ("192.31.196.0/24", "special-purpose"), ("192.52.193.0/24", "special-purpose"),
        ("192.88.99.0/24", "6to4 relay"), ("192.168.0.0/16", "private"), ("192.175.48.0/24", "special-purpose"),
        ("198.18.0.0/15", "benchmarking"), ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"), ("224.0.0.0/4", "multicast"), ("240.0.0.0/4", "reserved"),
        ("::/96", "unspecified or IPv4-compatible"), ("64:ff9b::/96", "IPv4 translation"),
        ("64:ff9b:1::/48", "IPv4 translation"), ("100::/64", "discard"), ("100:0:0:1::/64", "dummy"),
        ("2001::/23", "protocol assignments"), ("2001:db8::/32", "documentation"), ("2002::/16", "6to4"),
        ("2620:4f:8000::/48", "special-purpose"), ("3fff::/20", "documentation"), ("5f00::/16", "segment routing"),
        ("fc00::/7", "private"), ("fe80::/10", "link-local"), ("fec0::/10", "site-local"), ("ff00::/8", "multicast"),
    ].compactMap { text, what in NetworkRange(text).map { ($0, what) } }

    /// Where clouds hand out credentials to whoever asks: never called, whatever an installation allows.
    static let metadata: [NetworkRange] = [
        "169.254.169.254", "169.254.170.2", "169.254.170.23", "169.254.169.123", "169.254.169.253", "169.254.0.23",
        "100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254", "fd00:ec2::23", "fd00:ec2::253",
        "fd20:ce::254", "fd00:42::42",
    ].compactMap(NetworkRange.init)
}
