import Foundation
import Outbound
import XCTest

final class AddressPolicyTests: XCTestCase {
    private func policy(_ networks: [String], _ ports: String = "1-65535") throws -> AddressPolicy {
        AddressPolicy(
            allowedNetworks: try networks.map { try XCTUnwrap(NetworkRange($0), $0) },
            allowedPorts: try XCTUnwrap(PortSet(ports)))
    }

    private func isAllowed(_ address: String, _ policy: AddressPolicy) throws -> Bool {
        let address = try XCTUnwrap(IPAddress(address), address)
        do throws(AddressRefusal) {
            try policy.check(address)
            return true
        } catch {
            return false
        }
    }

    func testAnAllowedNetworkOpensItselfOnly() throws {
        let policy = try policy(["10.1.0.0/16", "fd12:3456::/32", "192.168.7.9"])
        for address in [
            "10.1.0.0", "10.1.255.255", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3", "fd12:3456::1", "192.168.7.9",
        ] {
            XCTAssertTrue(try isAllowed(address, policy), address)
        }
        for address in ["10.0.255.255", "10.2.0.0", "fd12:3457::1", "192.168.7.8", "127.0.0.1", "::ffff:10.2.0.1"] {
            XCTAssertFalse(try isAllowed(address, policy), address)
        }
    }

    func testMetadataAndForbiddenAddressesStayClosedWhateverIsAllowed() throws {
        let policy = try policy(["0.0.0.0/0", "::/0"])
        let closed = [
            "169.254.169.254", "169.254.170.2", "169.254.170.23", "100.100.100.200", "192.0.0.192", "168.63.129.16",
            "fd00:ec2::254", "fd20:ce::254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1",
            "0.0.0.0", "0.0.0.1", "::", "224.0.0.1", "255.255.255.255", "ff02::1", "::ffff:0.0.0.0",
        ]
        for address in closed {
            XCTAssertFalse(try isAllowed(address, policy), address)
        }
        for address in ["127.0.0.1", "::1", "10.0.0.1", "169.254.169.252", "fd00::1", "fe80::1", "8.8.8.8"] {
            XCTAssertTrue(try isAllowed(address, policy), address)
        }
    }

    func testAWideRangeOfPortsDoesNotOpenServicesThatAreNotHTTP() throws {
        let ports = try XCTUnwrap(PortSet("1-65535"))
        for port in [22, 25, 53, 135, 445, 1433, 2375, 3306, 3389, 5432, 6379, 9042, 11_211, 27_017] {
            XCTAssertFalse(ports.contains(port), "\(port)")
            XCTAssertNil(PortSet("\(port)"), "naming \(port) is a mistake worth telling")
        }
        for port in [80, 443, 3000, 5000, 8006, 8080, 8443, 8774, 9000, 11_434, 32_768, 65_535] {
            XCTAssertTrue(ports.contains(port), "\(port)")
        }
        XCTAssertFalse(ports.contains(0))
        XCTAssertFalse(ports.contains(65_536))
        XCTAssertTrue(PortSet.neverAllowed.allSatisfy { $0 < 32_768 }, "an ephemeral port is never a service")
    }

    func testAPortSetIsReadStrictly() throws {
        let ports = try XCTUnwrap(PortSet("80,443,1024-2000"))
        XCTAssertEqual(
            [79, 80, 443, 444, 1023, 1024, 2000, 2001].map(ports.contains),
            [
                false, true, true, false, false, true, true, false,
            ])
        for text in [
            "", ",", "80,", ",80", "80 ", "080", "0", "65536", "80-", "-80", "90-80", "1-2-3", "http", "80;443", "٨٠",
        ] {
            XCTAssertNil(PortSet(text), text)
        }
        XCTAssertNil(PortSet(Array(repeating: "80", count: 65).joined(separator: ",")))
    }

    func testARangeIsReadStrictly() throws {
        for text in ["10.0.0.0/8", "0.0.0.0/0", "::/0", "fd00::/8", "192.168.1.1", "::1", "192.168.1.1/32", "::1/128"] {
            XCTAssertNotNil(NetworkRange(text), text)
        }
        let refused = [
            "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.1/8", "fd00::1/8", "10.0.0.0/08",
            "10.0.0.0/-1",
            "10.0.0.0/8/8", "10/8", "10.0.0.0 /8", "010.0.0.0/8", "example.com/8", "[::1]", "::ffff:10.0.0.0/104",
            "::ffff:0:0/96", "fe80::%eth0/64", "10.0.0.0/255.0.0.0",
        ]
        for text in refused {
            XCTAssertNil(NetworkRange(text), text)
        }
        XCTAssertEqual(NetworkRange("10.0.0.0/8")?.description, "10.0.0.0/8")
    }

    func testPrefixesOfEveryLengthCoverWhatTheyShould() throws {
        for length in 0...32 {
            let mask = length == 0 ? UInt32(0) : ~UInt32(0) << UInt32(32 - length)
            let network = UInt32(0xC0A8_A5A5) & mask
            let range = try XCTUnwrap(NetworkRange("\(dotted(network))/\(length)"))
            XCTAssertTrue(range.contains(try XCTUnwrap(IPAddress(dotted(network)))))
            XCTAssertTrue(range.contains(try XCTUnwrap(IPAddress(dotted(network | ~mask)))))
            if length > 0 {
                let sibling = network ^ (UInt32(1) << UInt32(32 - length))
                XCTAssertFalse(range.contains(try XCTUnwrap(IPAddress(dotted(sibling)))), "\(length)")
            }
        }
    }

    func testAllAddressesOfANameMustPass() throws {
        let policy = try policy([])
        let mixed = Resolver(limit: 4) { _ in ["8.8.8.8", "127.0.0.1"].compactMap { IPAddress($0) } }
        let url = try HTTPURL("http://example.com/")
        XCTAssertThrowsError(try policy.resolve(url, withinMilliseconds: 1_000, using: mixed)) { error in
            guard case .addressRefused(let reason)? = error as? OutboundError else { return XCTFail("\(error)") }
            XCTAssertTrue(reason.contains("127.0.0.1"), reason)
        }
        let mapped = Resolver(limit: 4) { _ in [IPAddress("::ffff:8.8.8.8")].compactMap { $0 } }
        XCTAssertEqual(
            try policy.resolve(url, withinMilliseconds: 1_000, using: mapped), [try XCTUnwrap(IPAddress("8.8.8.8"))])
    }

    private func dotted(_ address: UInt32) -> String {
        [24, 16, 8, 0].map { String(address >> $0 & 0xFF) }.joined(separator: ".")
    }
}
