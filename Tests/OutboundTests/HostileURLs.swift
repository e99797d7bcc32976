import Outbound

/// What must stop a URL under the production policy.
enum ExpectedStop: Equatable {
    case syntax(URLProblem)
    /// A refused port.
    case port
    case special, forbidden, metadata
}

/// Spellings of places that nobody outside may make the program call, each with what must stop it.
enum HostileURLs {
    static let table: [(ExpectedStop, [String])] = [
        (
            .syntax(.scheme),
            [
                "file:///etc/passwd", "ftp://example.com/", "gopher://127.0.0.1:6379/_INFO", "dict://127.0.0.1:11211/",
                "ldap://127.0.0.1/", "jar:http://127.0.0.1!/", "javascript:alert(1)", "data:text/plain,x",
                "//127.0.0.1/", "127.0.0.1", "localhost:80", "http:/127.0.0.1/", "http:127.0.0.1", "http", "http:",
                "htt://127.0.0.1/", "httpss://127.0.0.1/", "xhttp://127.0.0.1/", "ws://127.0.0.1/",
                "unix:///var/run/docker.sock", "http+unix://%2Fvar%2Frun/", "/etc/passwd", "://127.0.0.1",
                "netdoc:///etc/passwd", "view-source:http://127.0.0.1/", "https:/",
            ]
        ),
        (.syntax(.empty), [""]),
        (.syntax(.tooLong), ["http://example.com/" + String(repeating: "a", count: 2_048)]),
        (
            .syntax(.noHost),
            [
                "http://", "https://", "http:///", "http:///127.0.0.1/", "http://?q", "http://:80/",
                "https:///etc/passwd",
            ]
        ),
        (
            .syntax(.userInfo),
            [
                "http://user@127.0.0.1/", "http://user:password@127.0.0.1/", "http://example.com@127.0.0.1/",
                "http://127.0.0.1@example.com/", "http://@127.0.0.1/", "http://example.com:80@127.0.0.1/",
                "http://a@b@127.0.0.1/", "http://:@127.0.0.1/", "http://%40@127.0.0.1/",
                "http://1.1.1.1&@2.2.2.2/",
            ]
        ),
        (
            .syntax(.backslash),
            [
                "http:\\\\127.0.0.1\\", "http://example.com\\@127.0.0.1/", "http://example.com\\.127.0.0.1/",
                "http://127.0.0.1\\/", "http://example.com/\\..\\", "https:/\\127.0.0.1/",
            ]
        ),
        (
            .syntax(.fragment),
            [
                "http://127.0.0.1#", "http://example.com#@127.0.0.1/", "http://127.0.0.1/#x", "http://#127.0.0.1/",
                "http://1.1.1.1#@127.0.0.1/",
            ]
        ),
        (
            .syntax(.whitespaceOrControl),
            [
                " http://127.0.0.1/", "http://127.0.0.1/ ", "http://127.0.0.1 /", "http://127.0.0.1\t/",
                "http://127.0.0.1\n/", "http://127.0.0.1\r\nHost: x/", "http://127.0.0.1/\0", "http://127.0.0.1\0.x/",
                "http://127.0.0.1/a b", "ht\ttp://127.0.0.1/", "http://1.1.1.1 &@127.0.0.1/", "\u{7F}http://127.0.0.1/",
                "http://example.com/\r\n\r\nGET / HTTP/1.1", "http://example.com/?a=\r\nX: y",
            ]
        ),
        (
            .syntax(.notASCII),
            [
                "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/", "http://127．0．0．1/",
                "http://１２７.0.0.1/", "http://loca\u{AD}lhost/", "http://local\u{200B}host/", "http://ℓocalhost/",
                "http://examplе.com/", "http://example.com/é", "http://\u{FEFF}127.0.0.1/", "http://\u{212A}.example/",
                "http://127.0.0.1\u{2044}", "ｈttp://127.0.0.1/", "http://example.com\u{FF0F}@x/",
            ]
        ),
        (
            .syntax(.percentInHost),
            [
                "http://%6c%6f%63%61%6c%68%6f%73%74/", "http://127.0.0.1%2f/", "http://127%2e0%2e0%2e1/",
                "http://%31%32%37.0.0.1/", "http://example.com%00.127.0.0.1/", "http://[fe80::1%25eth0]/",
                "http://[fe80::1%eth0]/", "http://%00/", "http://127.0.0.1%0d%0a/", "http://127.0.0.1%09/",
                "http://example.com%23.x/",
            ]
        ),
        (
            .syntax(.notDottedDecimal),
            [
                "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://0X7F.0.0.1/",
                "http://017700000001/",
                "http://0177.0.0.1/", "http://127.1/", "http://127.0.1/", "http://0/", "http://0x0/",
                "http://127.0.0.01/",
                "http://127.000.000.001/", "http://0127.0.0.1/", "http://127.0.0.0x1/", "http://256.0.0.1/",
                "http://127.0.0.256/", "http://1.2.3.4.5/", "http://3232235521/", "http://0xc0a80001/",
                "http://169.254.43518/", "http://2852039166/", "http://0xa9fea9fe/", "http://0251.0376.0251.0376/",
                "http://0xA9.0xFE.0xA9.0xFE/", "http://169.16689662/", "http://425.510.425.510/",
                "http://7147006462/", "http://0251.254.169.254/", "http://00000177.0.0.1/", "http://foo.127/",
                "http://example.0x7f/", "http://0x/", "http://127.0x0.0.0x/", "http://4294967296/", "http://1e1.1/",
                "http://99999999999999999999999999/",
            ]
        ),
        (
            .syntax(.trailingDot),
            ["http://localhost./", "http://127.0.0.1./", "http://example.com./", "http://./", "http://2130706433./"]
        ),
        (
            .syntax(.hostName),
            [
                "http://.localhost/", "http://example..com/", "http://-example.com/", "http://example-.com/",
                "http://exa_mple.com/", "http://exam!ple.com/", "http://example.com,127.0.0.1/", "http://{host}/",
                "http://$(hostname)/", "http://*.example.com/", "http://a;b/", "http://'127.0.0.1'/",
                "http://\(String(repeating: "a", count: 64)).com/", "http://<script>/", "http://a=b/", "http://1]/",
            ]
        ),
        (.syntax(.hostTooLong), ["http://" + String(repeating: "abcdefg.", count: 32) + "com/"]),
        (
            .syntax(.ipv6),
            [
                "http://::1/", "http://[::1/", "http://[]/", "http://[127.0.0.1]/", "http://[::1]x/", "http://[:::1]/",
                "http://[1:2:3:4:5:6:7:8:9]/", "http://[::12345]/", "http://[g::1]/", "http://[v1.x]/",
                "http://[::127.0.0.01]/", "http://[::ffff:127.1]/", "http://[::1].com/", "http://fe80::1:80/",
                "http://[0x7f000001]/", "http://[[::1]]/", "http://[example.com]/", "http://127.0.0.1:80:80/",
                "http://example.com:80:11211/",
            ]
        ),
        (
            .syntax(.port),
            [
                "http://127.0.0.1:/", "http://127.0.0.1:0/", "http://127.0.0.1:080/", "http://127.0.0.1:65536/",
                "http://127.0.0.1:99999/", "http://127.0.0.1:-1/", "http://127.0.0.1:+80/", "http://127.0.0.1:0x50/",
                "http://127.0.0.1:8o/", "http://[::1]:/", "http://example.com:4294967376/", "http://example.com:80a/",
                "http://example.com:999999999999999999999/",
            ]
        ),
        (
            .syntax(.percentEncoding),
            ["http://example.com/%", "http://example.com/%2", "http://example.com/%zz", "http://example.com/?a=%g0"]
        ),
        (
            .port,
            [
                "http://127.0.0.1:22/", "http://1.1.1.1:22/", "http://1.1.1.1:25/", "http://1.1.1.1:53/",
                "http://1.1.1.1:6379/", "http://1.1.1.1:11211/", "http://1.1.1.1:27017/", "http://1.1.1.1:5432/",
                "http://1.1.1.1:3306/", "http://1.1.1.1:2375/", "http://1.1.1.1:9000/", "http://1.1.1.1:81/",
                "https://1.1.1.1:10250/", "http://1.1.1.1:65535/", "http://1.1.1.1:1/", "http://localhost:9200/",
                "http://example.com:21/",
            ]
        ),
        (
            .special,
            [
                "http://127.0.0.1/", "HTTP://127.0.0.1/", "https://127.0.0.1:443", "http://127.0.0.1:80/",
                "http://127.1.2.3/", "http://127.255.255.255/", "http://10.0.0.0/", "http://10.255.255.255/",
                "http://172.16.0.0/", "http://172.31.255.255/", "http://192.168.0.1/", "http://192.168.255.255/",
                "http://100.64.0.0/", "http://100.127.255.255/", "http://169.254.0.1/", "http://169.254.255.255/",
                "http://192.0.0.1/", "http://192.0.2.1/", "http://192.88.99.1/", "http://198.18.0.0/",
                "http://198.19.255.255/", "http://198.51.100.7/", "http://203.0.113.7/", "http://[::1]/",
                "http://[0:0:0:0:0:0:0:1]/", "http://[0000::0001]:8080/", "http://[::ffff:127.0.0.1]/",
                "http://[::ffff:7f00:1]/", "http://[::FFFF:10.0.0.1]/", "http://[0:0:0:0:0:ffff:c0a8:1]/",
                "http://[::127.0.0.1]/", "http://[::7f00:1]/", "http://[::2]/", "http://[::ffff:0:127.0.0.1]/",
                "http://[64:ff9b::127.0.0.1]/", "http://[64:ff9b::a00:1]/", "http://[64:ff9b:1::1]/",
                "http://[64:ff9b:1:ffff::7f00:1]/", "http://[100::1]/", "http://[2001::1]/",
                "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/", "http://[2001:10::1]/", "http://[2001:20::1]/",
                "http://[2001:db8::1]/", "http://[2002:7f00:1::]/", "http://[2002:c0a8:101::1]/",
                "http://[2002:a00:1::1]/", "http://[3fff::1]/", "http://[3fff:fff:ffff::1]/", "http://[5f00::1]/",
                "http://[fc00::1]/", "http://[fdff::1]/", "http://[fe80::1]/", "http://[febf::1]/",
                "http://[fec0::1]/", "http://[feff::1]/", "http://[4000::1]/", "http://[1fff::1]/",
            ]
        ),
        (
            .forbidden,
            [
                "http://0.0.0.0/", "http://0.1.2.3/", "http://224.0.0.1/", "http://239.255.255.255/",
                "http://240.0.0.1/", "http://255.255.255.255/", "http://[::]/", "http://[ff02::1]/", "http://[ffff::]/",
                "http://[::ffff:0.0.0.0]/", "http://[::ffff:255.255.255.255]/", "http://[64:ff9b::]/",
                "http://[2002:e000:1::]/", "http://[0:0:0:0:0:0:0:0]:8080/",
            ]
        ),
        (
            .metadata,
            [
                "http://169.254.169.254/latest/meta-data/", "https://169.254.169.254/", "http://169.254.169.254:80/",
                "http://[::ffff:169.254.169.254]/", "http://[::ffff:a9fe:a9fe]/", "http://[64:ff9b::a9fe:a9fe]/",
                "http://[2002:a9fe:a9fe::]/", "http://169.254.170.2/v2/credentials", "http://169.254.170.23/",
                "http://100.100.100.200/", "http://192.0.0.192/", "http://[fd00:ec2::254]/",
                "http://[fd00:0ec2:0:0:0:0:0:254]/", "http://[FD20:CE::254]/", "http://[fe80::a9fe:a9fe]/",
                "http://168.63.129.16/", "http://169.254.42.42/", "http://[::ffff:100.100.100.200]/",
            ]
        ),
    ]

    /// Ordinary public places, also those one beyond a special block.
    static let allowed = [
        "https://1.1.1.1/", "https://8.8.8.8:8443/v1?x=1", "HTTPS://9.9.9.9", "http://9.255.255.255/",
        "http://11.0.0.0/",
        "http://100.63.255.255/", "http://100.128.0.0/", "http://126.255.255.255/", "http://128.0.0.0/",
        "http://169.253.255.255/", "http://169.255.0.0/", "http://172.15.255.255/", "http://172.32.0.0/",
        "http://191.255.255.255/", "http://192.0.1.0/", "http://192.0.3.0/", "http://192.88.98.255/",
        "http://192.88.100.0/", "http://192.167.255.255/", "http://192.169.0.0/", "http://198.17.255.255/",
        "http://198.20.0.0/", "http://198.51.99.255/", "http://198.51.101.0/", "http://203.0.112.255/",
        "http://203.0.114.0/", "http://223.255.255.255/", "https://[2606:4700:4700::1111]/", "https://[2001:200::1]/",
        "https://[2001:4860:4860::8888]:8080/", "https://[2001:db7:ffff::1]/", "https://[2001:db9::]/",
        "https://[2003::1]/", "https://[3ffe:ffff::1]/", "https://[2a00:1450:4001:800::200e]/",
        "https://[64:ff9b::808:808]/", "https://[2002:808:808::1]/", "https://[::ffff:8.8.8.8]/",
        "http://1.1.1.1:11434",
        "https://1.1.1.1:8006/api2/json", "http://1.1.1.1:5000/v3", "http://1.1.1.1:8774/v2.1",
    ]
}
