import Domain
import JSON
import XCTest

@testable import Providers

final class ComputeTests: XCTestCase {
    func testThePowerWordsOfEveryProviderMeanTheSame() {
        let words: [(String, String, String)] = [
            ("poweredOn", "running", "poweredOn"), ("POWERED_ON", "running", "poweredOn"),
            ("ACTIVE", "running", "poweredOn"), ("Running", "running", "poweredOn"),
            ("poweredOff", "stopped", "poweredOff"), ("SHUTOFF", "stopped", "poweredOff"),
            ("deallocated", "stopped", "poweredOff"), ("SHELVED_OFFLOADED", "stopped", "poweredOff"),
            ("suspended", "suspended", "suspended"), ("PAUSED", "suspended", "suspended"),
            ("shutting-down", "transitional", "shutting-down"), ("BUILD", "transitional", "BUILD"),
            ("pending", "transitional", "pending"), ("CREATING_IMAGE", "transitional", "CREATING_IMAGE"),
            ("STAGING", "transitional", "STAGING"), ("terminated", "unknown", "terminated"),
            ("ERROR", "unknown", "ERROR"), ("", "unknown", "unknown"),
        ]
        for (word, status, state) in words {
            let power = MachinePower(word: word)
            XCTAssertEqual(power.status, status, word)
            XCTAssertEqual(power.state, state, word)
        }
    }

    func testEveryWordOfAFilterHasToFit() {
        let machine = Machine(
            id: "1", name: "Web-01", power: .on, datacenter: "DC1", cluster: "C1", tags: ["stage=prod", "web"])
        for filter in [
            MachineFilter(), MachineFilter(datacenter: "DC1", cluster: "C1"), MachineFilter(status: "POWEREDON"),
            MachineFilter(status: "Running", name: "eb-0", tag: "web"), MachineFilter(tag: "stage=prod"),
        ] {
            XCTAssertTrue(filter.includes(machine), "\(filter)")
        }
        for filter in [
            MachineFilter(datacenter: "dc1"), MachineFilter(cluster: "C"), MachineFilter(tag: "stage"),
            MachineFilter(status: "off"), MachineFilter(name: "db"), MachineFilter(datacenter: "DC1", cluster: "C2"),
        ] {
            XCTAssertFalse(filter.includes(machine), "\(filter)")
        }
    }

    func testAListEndsAtItsBoundWithAFailure() throws {
        let list = MachineList("Somebody")
        try list.read(MachineList.most)
        XCTAssertThrowsError(try list.read(1)) {
            guard case .upstream(let failure)? = $0 as? Failure else { return XCTFail("\($0)") }
            XCTAssertEqual(failure.message, "Somebody has more than 50000 virtual machines, too many for a list")
        }
    }

    func testFieldsAcceptWhatTheyAreForAndNothingElse() {
        let good: [(ConfigField.Form, [String])] = [
            (.host, ["vcenter.example.com", "vcenter:8443", "10.0.0.1", "[2001:db8::1]:443"]),
            (.region, ["us-east-1", "eu"]), (.port, ["1", "65535"]), (.flag, ["true", "false"]),
            (.url, ["https://keystone:5000/v3", "http://keystone/identity"]),
            (.identifier, ["root@pam", "ocid1.tenancy.oc1..aaaa", "AKIA1"]), (.identifierWithMark, ["root@pam!ci"]),
            (.text, ["a b ü"]), (.word, ["a/b+c="]), (.document, ["-----BEGIN\nx\r\n"]),
        ]
        for (form, values) in good {
            for value in values { XCTAssertNil(ConfigField("x", form).problem(value), "\(form) \(value)") }
        }
        let bad: [(ConfigField.Form, [String])] = [
            (.host, ["", "https://x", "x/y", "user@x", "x y", "x:0", "x?y", "0x7f.1"]),
            (.region, ["US", "a.b", "-a", "a-", "a/b", String(repeating: "a", count: 64)]),
            (.port, ["0", "65536", "08", "+1", " 1"]), (.flag, ["yes", "TRUE", "1"]),
            (.url, ["keystone", "ftp://x", "https://x?y=z", "https://u:p@x"]),
            (.identifier, ["a b", "a/b", "a?b", "a\r\nb", "a!b", String(repeating: "a", count: 256)]),
            (.text, ["a\nb", "a\u{7F}"]), (.word, ["a b", "ü", "a\n"]), (.document, ["a\u{0}b"]),
        ]
        for (form, values) in bad {
            for value in values { XCTAssertNotNil(ConfigField("x", form).problem(value), "\(form) \(value)") }
        }
    }

    func testSecretFieldsAreSecretWhateverTheProvider() throws {
        for adapter in Adapters.compute {
            let secrets = adapter.fields.filter(\.isSecret).map(\.name)
            XCTAssertEqual(secrets.isEmpty, adapter.unsupported != nil, adapter.slug)
            for field in adapter.fields where ConfigField.alwaysSecret.contains(field.name) {
                XCTAssertTrue(field.isSecret, "\(adapter.slug) \(field.name)")
            }
        }
        XCTAssertEqual(Adapters.compute.count, 9)
    }

    func testAConfigurationIsSealedAndReadBackWhole() throws {
        let adapter = try XCTUnwrap(Adapters.compute("aws"))
        let object = JSONObject([
            .init(name: "access_key", value: .string("AKIA")), .init(name: "secret_key", value: .string("s3cr3t")),
            .init(name: "region", value: .string("us-east-1")),
        ])
        let credentials = Credentials.config(try ComputeConfiguration.parse(object, for: adapter))
        XCTAssertEqual(try Credentials(serialized: credentials.serialized()), credentials)
        XCTAssertEqual(credentials.type, "config")
        XCTAssertNil(credentials.hint)
        XCTAssertFalse("\(credentials)".contains("s3cr3t"))
        guard case .config(let configuration) = credentials else { return XCTFail("not a configuration") }
        XCTAssertEqual(configuration.shown(by: adapter).members.map(\.name), ["access_key", "region"])
    }

    func testEveryProblemOfAConfigurationIsNamed() {
        let object = JSONObject([
            .init(name: "host", value: .string("https://x")), .init(name: "insecure", value: .bool(true)),
            .init(name: "Password", value: .string("x")),
        ])
        let adapter = VSphereAdapter()
        XCTAssertThrowsError(try ComputeConfiguration.parse(object, for: adapter)) {
            guard case .invalid(let problems)? = $0 as? Failure else { return XCTFail("\($0)") }
            XCTAssertEqual(
                problems.map(\.field),
                ["config.host", "config.username", "config.password", "config.insecure", "config.Password"])
        }
    }

    func testMachineTypesOfGoogleWhoseNamesSayItAll() {
        XCTAssertEqual(GCPSize(custom: "custom-4-8192")?.cpuCount, 4)
        XCTAssertEqual(GCPSize(custom: "n2-custom-8-16384-ext")?.memoryMB, 16_384)
        XCTAssertNil(GCPSize(custom: "e2-medium"))
        XCTAssertNil(GCPSize(custom: "custom-4"))
    }

    func testDatesOfSignaturesAreThoseOfHTTP() {
        let moment = Timestamp(seconds: 784_111_777)
        XCTAssertEqual(HTTPDate.text(moment), "Sun, 06 Nov 1994 08:49:37 GMT")
        XCTAssertEqual(HTTPDate.parse(HTTPDate.text(moment)), moment)
        XCTAssertEqual(HTTPDate.text(Timestamp(seconds: 0)), "Thu, 01 Jan 1970 00:00:00 GMT")
        XCTAssertEqual(moment.basic, "19941106T084937Z")
    }

    func testNamesOfVSphereAreUnescaped() {
        XCTAssertEqual(VSpherePlaces.unescaped("a%2fb%5Cc%25d%zz"), "a/b\\c%d%zz")
    }
}
